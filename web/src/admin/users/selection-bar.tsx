import { useState } from 'preact/hooks';
import type { ListedUser } from '../../../../client/src/api.ts';
import { saveFile } from '../../data-export/save-file.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { say } from '../../design/toast.tsx';
import { queries } from '../../session/queries.ts';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { csvOf } from './users-csv.ts';
import type { Selection } from './users-table.tsx';

type SelectionBarProps = { selection: Selection; shown: readonly ListedUser[] };

/** What can be done with all selected users, also with those on other pages. */
export function SelectionBar({ selection, shown }: SelectionBarProps) {
  const t = useTexts().admin.users;
  const format = useFormat();
  const [asks, setAsks] = useState(false);
  const ids = [...selection.ids];
  const count = format.number(ids.length);
  const deactivate = async () => {
    const failed = await deactivateAll(ids);
    const done = format.number(ids.length - failed);
    say(failed === 0 ? t.deactivated(count) : t.deactivatedSome(done, format.number(failed)));
    selection.toggle(ids, false);
    await queries.invalidateQueries({ queryKey: ['admin'] });
  };
  return (
    <section class="selection-bar" aria-label={t.selected(count)}>
      <strong aria-live="polite">{t.selected(count)}</strong>
      <Button isCompact icon="download" onClick={() => void exportAll(ids, shown)}>
        {t.exportSelected}
      </Button>
      <Button isCompact look="danger" onClick={() => setAsks(true)}>
        {t.deactivateSelected}
      </Button>
      <Button
        isCompact
        look="bare"
        icon="close"
        label={t.clearSelection}
        onClick={() => selection.toggle(ids, false)}
      />
      {asks && (
        <ConfirmDialog
          title={t.deactivateTitle(count)}
          action={t.deactivateSelected}
          onConfirm={deactivate}
          onClose={() => setAsks(false)}
        >
          {t.deactivateText}
        </ConfirmDialog>
      )}
    </section>
  );
}

/** One after the other, and past whom it is refused for; resolves to their number. */
async function deactivateAll(ids: readonly string[]): Promise<number> {
  let failed = 0;
  for (const id of ids) {
    const change = { path: { id }, body: { is_active: false } };
    await adminClient.call('PATCH /api/admins/users/{id}', change).catch(() => {
      failed += 1;
    });
  }
  return failed;
}

async function exportAll(ids: readonly string[], shown: readonly ListedUser[]): Promise<void> {
  const users: ListedUser[] = [];
  for (const id of ids) {
    const known = shown.find((user) => user.id === id);
    users.push(known ?? (await adminClient.call('GET /api/admins/users/{id}', { path: { id } })));
  }
  saveFile('users.csv', 'text/csv', csvOf(users));
}
