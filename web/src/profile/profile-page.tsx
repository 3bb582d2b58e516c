import { AccountShell } from '../account/account-shell.tsx';
import { useTexts } from '../texts/texts.tsx';
import { EmailPanel } from './email-panel.tsx';
import { NamesPanel } from './names-panel.tsx';

export default function ProfilePage() {
  const t = useTexts();
  return (
    <AccountShell title={t.account.profile.title}>
      <NamesPanel />
      <EmailPanel />
    </AccountShell>
  );
}
