import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { Brand } from '../design/brand.tsx';
import { Icon, type IconName } from '../design/icon.tsx';
import { PageTitle } from '../design/page-title.tsx';
import { Skeleton } from '../design/skeleton.tsx';
import { ThemeButton } from '../design/theme-button.tsx';
import { RequireAccount } from '../session/own-account.tsx';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';
import { OwnMenu } from './own-menu.tsx';

type AccountShellProps = { title: string; children: ComponentChildren };

/** The frame of the account centre, for somebody who is signed in. */
export function AccountShell({ title, children }: AccountShellProps) {
  const t = useTexts();
  return (
    <RequireAccount realm="user" waiting={<Waiting />}>
      <a class="skip-link" href="#content">
        {t.skip}
      </a>
      <header class="top">
        <Brand href="/app" />
        <span class="grow" />
        {settings.app_url !== null && (
          <a class="button bare compact" href={settings.app_url}>
            {t.backToApp}
          </a>
        )}
        <ThemeButton />
        <OwnMenu />
      </header>
      <div class="account">
        <AccountTabs />
        <main id="content" tabIndex={-1}>
          <h1>{title}</h1>
          {children}
        </main>
      </div>
      <PageTitle>{title}</PageTitle>
    </RequireAccount>
  );
}

function AccountTabs() {
  const t = useTexts().account.nav;
  const { path } = useLocation();
  const tabs: [string, IconName, string][] = [
    ['/app', 'user', t.profile],
    ['/app/security', 'shield', t.security],
    ['/app/activity', 'activity', t.activity],
    ['/app/privacy', 'download', t.privacy],
  ];
  return (
    <nav class="tabs" aria-label={t.label}>
      {tabs.map(([href, icon, label]) => (
        <a key={href} class="tab" href={href} aria-current={path === href ? 'page' : undefined}>
          <Icon name={icon} />
          {label}
        </a>
      ))}
    </nav>
  );
}

/** Takes the place that the page will take. */
function Waiting() {
  const t = useTexts();
  return (
    <>
      <header class="top">
        <Brand href="/app" />
      </header>
      <div class="account" aria-busy="true">
        <span />
        <main aria-label={t.loading}>
          <Skeleton width="9rem" />
          <div class="panel panel-body stack">
            <Skeleton width="40%" />
            <Skeleton width="75%" />
            <Skeleton width="60%" />
          </div>
        </main>
      </div>
    </>
  );
}
