import { DeletionPanel } from '../account-deletion/deletion-panel.tsx';
import { ExportPanel } from '../data-export/export-panel.tsx';
import { useTexts } from '../texts/texts.tsx';
import { AccountShell } from './account-shell.tsx';

export default function PrivacyPage() {
  const t = useTexts();
  return (
    <AccountShell title={t.account.privacy.title}>
      <ExportPanel />
      <DeletionPanel />
    </AccountShell>
  );
}
