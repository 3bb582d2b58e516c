import { Avatar } from '../design/avatar.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { useOwnAccount } from '../session/own-account.tsx';
import { endDeliberately } from '../session/session-end.ts';
import { settings } from '../session/settings.ts';
import { LanguageChoice } from '../texts/language-choice.tsx';
import { useTexts } from '../texts/texts.tsx';

/** Who is signed in, and the way out. */
export function OwnMenu() {
  const t = useTexts();
  const { account, realm } = useOwnAccount();
  const signOut = async () => {
    endDeliberately();
    // The session here is over in any case; one that the service still has expires.
    await realm.client.signOut().catch(() => undefined);
    // Loaded anew, so that nothing of this person is left in the memory of the page.
    location.assign(realm.signInPage);
  };
  return (
    <Menu label={t.account.menu.label} isCompact face={<Avatar of={account} />} head={<About />}>
      {settings.mailbox && (
        <MenuItem icon="mail" href="/app/mailbox">
          {t.mailbox}
        </MenuItem>
      )}
      {settings.documentation && (
        <MenuItem icon="list" href="/docs">
          {t.apiDocumentation}
        </MenuItem>
      )}
      <MenuItem icon="leave" onSelect={() => void signOut()}>
        {t.account.menu.signOut}
      </MenuItem>
    </Menu>
  );
}

function About() {
  const { account } = useOwnAccount();
  return (
    <>
      <div class="about">
        <strong>{account.full_name ?? account.username ?? account.email}</strong>
        <div class="quiet small">{account.email}</div>
      </div>
      <LanguageChoice />
      <hr />
    </>
  );
}
