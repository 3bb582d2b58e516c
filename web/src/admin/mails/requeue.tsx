import { Button } from '../../design/button.tsx';
import { say } from '../../design/toast.tsx';
import { Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { queries } from '../../session/queries.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';

/** For a dead mail. The service refuses where its link has ended, and says so. */
export function Requeue({ id }: { id: string }) {
  const t = useTexts().admin.mails;
  const form = useSubmit(async () => {
    await adminClient.call('POST /api/admins/mails/{id}/requeue', { path: { id } });
    say(t.requeued);
    await queries.invalidateQueries({ queryKey: ['admin'] });
  });
  return (
    <form onSubmit={form.onSubmit}>
      <Problem of={form} />
      <Button type="submit" isCompact icon="refresh" isBusy={form.isBusy}>
        {t.requeue}
      </Button>
    </form>
  );
}
