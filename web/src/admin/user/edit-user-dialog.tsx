import type { UserDetail } from '../../../../client/src/api.ts';
import { say } from '../../design/toast.tsx';
import { TextField } from '../../form/fields.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { NameFields } from '../../profile/name-fields.tsx';
import { settings } from '../../session/settings.ts';
import { useTexts } from '../../texts/texts.tsx';
import { FormDialog } from '../form-dialog.tsx';
import { changeUser } from './change-user.ts';

type EditUserDialogProps = { user: UserDetail; etag: string | null; onClose: () => void };

export function EditUserDialog({ user, etag, onClose }: EditUserDialogProps) {
  const t = useTexts();
  const form = useSubmit(async ({ full_name = '', username = '', email = '' }) => {
    const typed = { full_name: full_name.trim(), username: username.trim(), email: email.trim() };
    // Only what was changed: a new address, even the same one typed again, signs the user out.
    const changes = Object.entries(typed).filter(
      ([name, value]) => value !== (user[name as keyof typeof typed] ?? ''),
    );
    if (changes.length > 0) await changeUser(user.id, etag, Object.fromEntries(changes));
    say(t.admin.user.changed);
    onClose();
  });
  return (
    <FormDialog title={t.admin.user.editTitle} form={form} action={t.save} onClose={onClose}>
      <NameFields form={form} of={user} mayBeNameless={settings.usernames === 'optional'} />
      <TextField
        name="email"
        type="email"
        label={t.fields.email}
        form={form}
        autocomplete="off"
        defaultValue={user.email}
      />
    </FormDialog>
  );
}
