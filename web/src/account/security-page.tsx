import { PasskeysPanel } from '../passkeys/passkeys-panel.tsx';
import { PasswordPanel } from '../password-change/password-panel.tsx';
import { IdentitiesPanel } from '../providers/identities-panel.tsx';
import { AuthenticatorsPanel } from '../second-factors/authenticators-panel.tsx';
import { settings } from '../session/settings.ts';
import { DevicesPanel } from '../sessions/devices-panel.tsx';
import { useTexts } from '../texts/texts.tsx';
import { AccountShell } from './account-shell.tsx';

export default function SecurityPage() {
  const t = useTexts();
  return (
    <AccountShell title={t.account.nav.security}>
      {settings.password_sign_in && <PasswordPanel />}
      <PasskeysPanel />
      <AuthenticatorsPanel />
      <IdentitiesPanel />
      <DevicesPanel />
    </AccountShell>
  );
}
