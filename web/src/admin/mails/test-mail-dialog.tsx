import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { say } from '../../design/toast.tsx';
import { TextField } from '../../form/fields.tsx';
import { Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { useOwnAccount } from '../../session/own-account.tsx';
import { queries } from '../../session/queries.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';

export function TestMailDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const { account } = useOwnAccount();
  const form = useSubmit(async ({ to_email = '' }) => {
    await adminClient.call('POST /api/password/test-email', {
      body: { to_email: to_email.trim() },
    });
    say(t.admin.mails.tested);
    await queries.invalidateQueries({ queryKey: ['admin', 'mails'] });
    onClose();
  });
  return (
    <Dialog title={t.admin.mails.test} onClose={onClose}>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        <TextField
          name="to_email"
          type="email"
          label={t.admin.mails.testTo}
          form={form}
          hint={t.admin.mails.testHint}
          defaultValue={account.email}
        />
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {t.admin.mails.test}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
