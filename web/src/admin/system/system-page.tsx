import { useOwnAccount } from '../../session/own-account.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { PageHead } from '../page-head.tsx';
import { HealthPanel } from './health-panel.tsx';
import { SettingsPanel } from './settings-panel.tsx';
import { SystemDetails } from './system-details.tsx';

/** What every admin sees, and for superadmins what an operator would ask the command line. */
export default function SystemPage() {
  const t = useTexts().admin;
  const { account } = useOwnAccount();
  const isSuperadmin = 'is_superadmin' in account && account.is_superadmin;
  return (
    <>
      <PageHead title={t.nav.system} lead={t.system.lead} />
      <div class="halves">
        <HealthPanel />
        <SettingsPanel />
      </div>
      {isSuperadmin ? <SystemDetails /> : <p class="quiet">{t.system.superadminsOnly}</p>}
    </>
  );
}
