import type { UserDetail } from '../../../../client/src/api.ts';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { say } from '../../design/toast.tsx';
import { TextField } from '../../form/fields.tsx';
import { Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { settings } from '../../session/settings.ts';
import { useTexts } from '../../texts/texts.tsx';
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
    <Dialog title={t.admin.user.editTitle} onClose={onClose}>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        <TextField
          name="full_name"
          label={t.fields.fullName}
          form={form}
          autocomplete="off"
          defaultValue={user.full_name ?? ''}
          isOptional
        />
        <TextField
          name="username"
          label={t.fields.username}
          form={form}
          autocomplete="off"
          spellcheck={false}
          defaultValue={user.username ?? ''}
          isOptional={settings.usernames === 'optional'}
        />
        <TextField
          name="email"
          type="email"
          label={t.fields.email}
          form={form}
          autocomplete="off"
          defaultValue={user.email}
        />
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {t.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
