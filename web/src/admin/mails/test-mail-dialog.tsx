import { say } from '../../design/toast.tsx';
import { TextField } from '../../form/fields.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { useOwnAccount } from '../../session/own-account.tsx';
import { queries } from '../../session/queries.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { FormDialog } from '../form-dialog.tsx';

export function TestMailDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts().admin.mails;
  const { account } = useOwnAccount();
  const form = useSubmit(async ({ to_email = '' }) => {
    await adminClient.call('POST /api/password/test-email', {
      body: { to_email: to_email.trim() },
    });
    say(t.tested);
    await queries.invalidateQueries({ queryKey: ['admin', 'mails'] });
    onClose();
  });
  return (
    <FormDialog title={t.test} form={form} action={t.test} onClose={onClose}>
      <TextField
        name="to_email"
        type="email"
        label={t.testTo}
        form={form}
        hint={t.testHint}
        defaultValue={account.email}
      />
    </FormDialog>
  );
}
