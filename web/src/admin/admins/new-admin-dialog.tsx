import { say } from '../../design/toast.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { NewPasswordField } from '../../password-change/new-password-field.tsx';
import { queries } from '../../session/queries.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { FormDialog } from '../form-dialog.tsx';
import { NewAccountFields } from '../new-account-fields.tsx';

export function NewAdminDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const words = t.admin.admins;
  const form = useSubmit(async ({ email = '', username = '', password = '', is_superadmin }) => {
    const names = { email: email.trim(), username: username.trim() };
    const body = { ...names, password, is_superadmin: is_superadmin !== undefined };
    await adminClient.call('POST /api/admins/register', { body });
    say(words.created);
    await queries.invalidateQueries({ queryKey: ['admin', 'admins'] });
    onClose();
  });
  return (
    <FormDialog title={words.create} form={form} action={words.createSubmit} onClose={onClose}>
      <NewAccountFields form={form} />
      <NewPasswordField name="password" label={t.fields.password} form={form} realm="admin" />
      <label class="check">
        <input type="checkbox" name="is_superadmin" />
        {words.asSuperadmin}
      </label>
    </FormDialog>
  );
}
