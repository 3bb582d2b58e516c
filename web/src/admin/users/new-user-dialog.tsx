import { useLocation } from 'preact-iso';
import { say } from '../../design/toast.tsx';
import { TextField } from '../../form/fields.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { queries } from '../../session/queries.ts';
import { settings } from '../../session/settings.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { FormDialog } from '../form-dialog.tsx';
import { NewAccountFields } from '../new-account-fields.tsx';

export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const words = t.admin.users;
  const { route } = useLocation();
  const form = useSubmit(async ({ email = '', username = '', full_name = '' }) => {
    const body = { email: email.trim(), username: username.trim(), full_name: full_name.trim() };
    const user = await adminClient.call('POST /api/admins/users', { body });
    say(words.wasCreated);
    await queries.invalidateQueries({ queryKey: ['admin', 'users'] });
    route(`/app/admin/users/${user.id}`);
  });
  return (
    <FormDialog
      title={words.create}
      text={words.createText}
      form={form}
      action={words.createSubmit}
      onClose={onClose}
    >
      <NewAccountFields form={form} mayBeNameless={settings.usernames === 'optional'} />
      <TextField
        name="full_name"
        label={t.fields.fullName}
        form={form}
        autocomplete="off"
        isOptional
      />
    </FormDialog>
  );
}
