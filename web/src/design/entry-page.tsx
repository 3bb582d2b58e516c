import type { ComponentChildren } from 'preact';
import { settings } from '../session/settings.ts';
import { LanguageChoice } from '../texts/language-choice.tsx';
import { useTexts } from '../texts/texts.tsx';
import { Brand } from './brand.tsx';
import { PageTitle } from './page-title.tsx';
import { ThemeButton } from './theme-button.tsx';

type EntryPageProps = {
  title: string;
  lead?: ComponentChildren;
  isWide?: boolean;
  /** Below the card: where else to go. */
  below?: ComponentChildren;
  children: ComponentChildren;
};

/** A page with one card: what somebody sees who is not signed in. */
export function EntryPage({ title, lead, isWide = false, below, children }: EntryPageProps) {
  return (
    <div class="entry">
      <main id="content">
        <Brand href="/app" />
        <div class={isWide ? 'entry-card wide' : 'entry-card'}>
          <header>
            <h1>{title}</h1>
            {lead !== undefined && <p>{lead}</p>}
          </header>
          {children}
        </div>
        {below !== undefined && below !== false && <p class="quiet">{below}</p>}
      </main>
      <EntryFoot />
      <PageTitle>{title}</PageTitle>
    </div>
  );
}

function EntryFoot() {
  const t = useTexts();
  const { app_url: app, terms_url: terms, privacy_url: privacy, mailbox } = settings;
  return (
    <footer class="entry-foot">
      {app !== null && <a href={app}>{t.backToApp}</a>}
      {terms !== null && <a href={terms}>{t.terms}</a>}
      {privacy !== null && <a href={privacy}>{t.privacy}</a>}
      {mailbox && (
        <a href="/app/mailbox" target="_blank" rel="noreferrer">
          {t.mailbox}
        </a>
      )}
      <LanguageChoice />
      <ThemeButton />
    </footer>
  );
}
