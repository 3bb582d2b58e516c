import { useLocation } from 'preact-iso';
import { OwnMenu } from '../account/own-menu.tsx';
import { Brand } from '../design/brand.tsx';
import { Icon, type IconName } from '../design/icon.tsx';
import { ThemeButton } from '../design/theme-button.tsx';
import { useTexts } from '../texts/texts.tsx';

/** What every list of the console's pages is made of. */
export function useConsolePages(): { href: string; icon: IconName; label: string }[] {
  const t = useTexts().admin.nav;
  return [
    { href: '/app/admin', icon: 'home', label: t.overview },
    { href: '/app/admin/users', icon: 'users', label: t.users },
    { href: '/app/admin/admins', icon: 'shield', label: t.admins },
    { href: '/app/admin/audit', icon: 'list', label: t.audit },
    { href: '/app/admin/mails', icon: 'mail', label: t.mails },
    { href: '/app/admin/system', icon: 'gear', label: t.system },
    { href: '/app/admin/account', icon: 'user', label: t.account },
  ];
}

export function ConsoleSide({ onSearch }: { onSearch: () => void }) {
  const t = useTexts();
  const { path } = useLocation();
  const isHere = (href: string) =>
    href === '/app/admin' ? path === href : path === href || path.startsWith(`${href}/`);
  return (
    <>
      <Brand href="/app/admin" />
      <button type="button" class="find" onClick={onSearch}>
        <Icon name="search" />
        <span class="clip">{t.admin.find}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <nav aria-label={t.admin.nav.label}>
        {useConsolePages().map(({ href, icon, label }) => (
          <a key={href} class="tab" href={href} aria-current={isHere(href) ? 'page' : undefined}>
            <Icon name={icon} />
            {label}
          </a>
        ))}
      </nav>
      <div class="row apart side-foot">
        <OwnMenu />
        <ThemeButton />
      </div>
    </>
  );
}
