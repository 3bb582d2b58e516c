import { PasskeysPanel } from '../../passkeys/passkeys-panel.tsx';
import { PasswordPanel } from '../../password-change/password-panel.tsx';
import { EmailPanel } from '../../profile/email-panel.tsx';
import { NamesPanel } from '../../profile/names-panel.tsx';
import { AuthenticatorsPanel } from '../../second-factors/authenticators-panel.tsx';
import { DevicesPanel } from '../../sessions/devices-panel.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { PageHead } from '../page-head.tsx';

/** The same as in the account centre, for the admin. */
export default function OwnAccountPage() {
  const t = useTexts();
  return (
    <>
      <PageHead title={t.admin.nav.account} />
      <div class="halves">
        <div class="stack">
          <NamesPanel />
          <EmailPanel />
        </div>
        <div class="stack">
          <PasswordPanel />
          <PasskeysPanel />
          <AuthenticatorsPanel />
          <DevicesPanel />
        </div>
      </div>
    </>
  );
}
