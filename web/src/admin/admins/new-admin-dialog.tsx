import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { say } from '../../design/toast.tsx';
import { TextField } from '../../form/fields.tsx';
import { Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { NewPasswordField } from '../../password-change/new-password-field.tsx';
import { queries } from '../../session/queries.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';

export function NewAdminDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const form = useSubmit(async ({ email = '', username = '', password = '', is_superadmin }) => {
    const names = { email: email.trim(), username: username.trim() };
    const body = { ...names, password, is_superadmin: is_superadmin !== undefined };
    await adminClient.call('POST /api/admins/register', { body });
    say(t.admin.admins.created);
    await queries.invalidateQueries({ queryKey: ['admin', 'admins'] });
    onClose();
  });
  return (
    <Dialog title={t.admin.admins.create} onClose={onClose}>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        <TextField
          name="email"
          type="email"
          label={t.fields.email}
          form={form}
          autocomplete="off"
          hasFocus
        />
        <TextField
          name="username"
          label={t.fields.username}
          form={form}
          autocomplete="off"
          spellcheck={false}
        />
        <NewPasswordField name="password" label={t.fields.password} form={form} realm="admin" />
        <label class="check">
          <input type="checkbox" name="is_superadmin" />
          {t.admin.admins.asSuperadmin}
        </label>
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {t.admin.admins.createSubmit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
