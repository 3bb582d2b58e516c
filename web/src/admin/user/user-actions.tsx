import { useState } from 'preact/hooks';
import type { UserDetail } from '../../../../client/src/api.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { Menu, MenuItem } from '../../design/menu.tsx';
import { say } from '../../design/toast.tsx';
import { describeProblem } from '../../form/describe-problem.ts';
import { useOwnAccount } from '../../session/own-account.tsx';
import { queries } from '../../session/queries.ts';
import { settings } from '../../session/settings.ts';
import { type Texts, useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { changeUser } from './change-user.ts';
import { EditUserDialog } from './edit-user-dialog.tsx';

type UserActionsProps = { user: UserDetail; etag: string | null };
type Asking = 'edit' | 'deactivate' | 'reset-factors' | 'delete' | null;

/** Everything an admin can do with a user. */
export function UserActions({ user, etag }: UserActionsProps) {
  const t = useTexts();
  const words = t.admin.user;
  const { account } = useOwnAccount();
  const [asking, setAsking] = useState<Asking>(null);
  const isSuperadmin = 'is_superadmin' in account && account.is_superadmin;
  const path = { id: user.id };
  const close = () => setAsking(null);
  /** Without a question, because it can be taken back or does no harm. */
  const act = async (work: () => Promise<unknown>, done: string) => {
    try {
      await work();
      say(done);
    } catch (error) {
      say(describeProblem(error, [], t).message ?? t.problem.unexpected);
    }
    await queries.invalidateQueries({ queryKey: ['admin'] });
  };
  if (user.deleted_at !== null) {
    const restore = () => adminClient.call('POST /api/admins/users/{id}/restore', { path });
    return (
      <Button look="primary" onClick={() => void act(restore, words.restored)}>
        {words.restore}
      </Button>
    );
  }
  const sendReset = () =>
    adminClient.call('POST /api/admins/users/{id}/send-password-reset', { path });
  const resend = () => adminClient.call('POST /api/admins/users/{id}/resend-invitation', { path });
  const deletion = deletionWords(words, user);
  return (
    <div class="row">
      <Button onClick={() => setAsking('edit')}>{words.edit}</Button>
      {user.is_active ? (
        <Button look="danger" onClick={() => setAsking('deactivate')}>
          {words.deactivate}
        </Button>
      ) : (
        <Button
          look="primary"
          onClick={() =>
            void act(() => changeUser(user.id, etag, { is_active: true }), words.reactivated)
          }
        >
          {words.reactivate}
        </Button>
      )}
      <Menu label={t.more} look="plain">
        {user.is_invited ? (
          <MenuItem icon="mail" onSelect={() => void act(resend, words.resent)}>
            {words.resend}
          </MenuItem>
        ) : (
          settings.password_sign_in && (
            <MenuItem icon="mail" onSelect={() => void act(sendReset, words.sentReset)}>
              {words.sendReset}
            </MenuItem>
          )
        )}
        {isSuperadmin && (
          <MenuItem
            icon="shield"
            onSelect={() =>
              void act(
                () => changeUser(user.id, etag, { is_superuser: !user.is_superuser }),
                words.changed,
              )
            }
          >
            {user.is_superuser ? words.demote : words.promote}
          </MenuItem>
        )}
        <MenuItem icon="key" onSelect={() => setAsking('reset-factors')}>
          {t.secondFactors.reset}
        </MenuItem>
        <hr />
        <MenuItem icon="trash" isBad onSelect={() => setAsking('delete')}>
          {deletion.action}
        </MenuItem>
      </Menu>
      {asking === 'edit' && <EditUserDialog user={user} etag={etag} onClose={close} />}
      {asking === 'deactivate' && (
        <ConfirmDialog
          title={words.deactivateTitle}
          action={words.deactivate}
          onConfirm={async () => {
            await changeUser(user.id, etag, { is_active: false });
            say(words.deactivated);
          }}
          onClose={close}
        >
          {words.deactivateText}
        </ConfirmDialog>
      )}
      {asking === 'reset-factors' && (
        <ConfirmDialog
          title={t.secondFactors.resetTitle}
          action={t.secondFactors.reset}
          onConfirm={async () => {
            await adminClient.call('POST /api/admins/users/{id}/reset-factors', { path });
            say(t.secondFactors.resetDone);
            await queries.invalidateQueries({ queryKey: ['admin'] });
          }}
          onClose={close}
        >
          {t.secondFactors.resetText}
        </ConfirmDialog>
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={deletion.title}
          action={deletion.action}
          onConfirm={async () => {
            await adminClient.call('DELETE /api/admins/users/{id}', { path });
            say(deletion.done);
            await queries.invalidateQueries({ queryKey: ['admin'] });
          }}
          onClose={close}
        >
          {deletion.text}
        </ConfirmDialog>
      )}
    </div>
  );
}

/** An invitation is withdrawn; nobody has had the account. */
function deletionWords(t: Texts['admin']['user'], { is_invited }: UserDetail) {
  const { withdrawTitle, withdraw, withdrawText, withdrawn } = t;
  if (is_invited)
    return { title: withdrawTitle, action: withdraw, text: withdrawText, done: withdrawn };
  const text = t.deleteText(settings.deleted_user_grace_days);
  return { title: t.deleteTitle, action: t.delete, text, done: t.deleted };
}
