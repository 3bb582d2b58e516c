import { useLocation } from 'preact-iso';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { say } from '../../design/toast.tsx';
import { TextField } from '../../form/fields.tsx';
import { Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { queries } from '../../session/queries.ts';
import { settings } from '../../session/settings.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';

export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const { route } = useLocation();
  const form = useSubmit(async ({ email = '', username = '', full_name = '' }) => {
    const body = { email: email.trim(), username: username.trim(), full_name: full_name.trim() };
    const user = await adminClient.call('POST /api/admins/users', { body });
    say(t.admin.users.wasCreated);
    await queries.invalidateQueries({ queryKey: ['admin', 'users'] });
    route(`/app/admin/users/${user.id}`);
  });
  return (
    <Dialog title={t.admin.users.create} onClose={onClose}>
      <p class="quiet">{t.admin.users.createText}</p>
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
          isOptional={settings.usernames === 'optional'}
        />
        <TextField
          name="full_name"
          label={t.fields.fullName}
          form={form}
          autocomplete="off"
          isOptional
        />
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {t.admin.users.createSubmit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
