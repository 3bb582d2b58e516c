import { useLocation } from 'preact-iso';
import { say } from '../../design/toast.tsx';
import { TextField } from '../../form/fields.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { useOwnAccount } from '../../session/own-account.tsx';
import { queries } from '../../session/queries.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { FormDialog } from '../form-dialog.tsx';

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const words = t.admin.users;
  const { route } = useLocation();
  const { account } = useOwnAccount();
  const form = useSubmit(async ({ email = '', full_name = '', is_superuser }) => {
    const roles = is_superuser === undefined ? [] : (['superuser'] as const);
    const body = { email: email.trim(), full_name: full_name.trim(), roles: [...roles] };
    const user = await adminClient.call('POST /api/admins/users/invite', { body });
    say(words.wasInvited);
    await queries.invalidateQueries({ queryKey: ['admin', 'users'] });
    route(`/app/admin/users/${user.id}`);
  });
  return (
    <FormDialog
      title={words.inviteTitle}
      text={words.inviteText}
      form={form}
      action={words.inviteSubmit}
      onClose={onClose}
    >
      <TextField
        name="email"
        type="email"
        label={t.fields.email}
        form={form}
        autocomplete="off"
        hasFocus
      />
      <TextField
        name="full_name"
        label={t.fields.fullName}
        form={form}
        autocomplete="off"
        isOptional
      />
      {'is_superadmin' in account && account.is_superadmin && (
        <label class="check">
          <input type="checkbox" name="is_superuser" />
          {words.asSuperuser}
        </label>
      )}
    </FormDialog>
  );
}
