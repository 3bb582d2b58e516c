import { Button } from '../design/button.tsx';
import { Panel } from '../design/panel.tsx';
import { say } from '../design/toast.tsx';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { realms } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { saveFile } from './save-file.ts';

export function ExportPanel() {
  const t = useTexts();
  const form = useSubmit(async () => {
    const data = await realms.user.client.call('GET /api/users/me/export');
    saveFile('account.json', 'application/json', JSON.stringify(data, null, 2));
    say(t.account.privacy.exported);
  });
  return (
    <Panel title={t.account.privacy.exportTitle} text={t.account.privacy.exportText}>
      <form class="stack" onSubmit={form.onSubmit}>
        <Problem of={form} />
        <div class="row">
          <Button type="submit" icon="download" isBusy={form.isBusy}>
            {t.account.privacy.export}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
