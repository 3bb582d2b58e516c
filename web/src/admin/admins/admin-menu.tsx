import { useState } from 'preact/hooks';
import type { Admin } from '../../../../client/src/api.ts';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { Menu, MenuItem } from '../../design/menu.tsx';
import { say } from '../../design/toast.tsx';
import { describeProblem } from '../../form/describe-problem.ts';
import { queries } from '../../session/queries.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';

/** The service keeps the last active superadmin: its refusal is shown. */
export function AdminMenu({ admin }: { admin: Admin }) {
  const t = useTexts();
  const change = async (body: { is_active?: boolean; is_superadmin?: boolean }) => {
    try {
      await adminClient.call('PATCH /api/admins/{id}', { path: { id: admin.id }, body });
      say(t.admin.admins.changed);
    } catch (error) {
      say(describeProblem(error, [], t).message ?? t.problem.unexpected);
    }
    await queries.invalidateQueries({ queryKey: ['admin'] });
  };
  const [asksReset, setAsksReset] = useState(false);
  const menu = (
    <Menu label={`${t.more}: ${admin.username}`} isCompact>
      <MenuItem icon="shield" onSelect={() => void change({ is_superadmin: !admin.is_superadmin })}>
        {admin.is_superadmin ? t.admin.admins.demote : t.admin.admins.promote}
      </MenuItem>
      <MenuItem
        icon={admin.is_active ? 'leave' : 'check'}
        isBad={admin.is_active}
        onSelect={() => void change({ is_active: !admin.is_active })}
      >
        {admin.is_active ? t.admin.user.deactivate : t.admin.user.reactivate}
      </MenuItem>
      <MenuItem icon="key" onSelect={() => setAsksReset(true)}>
        {t.secondFactors.reset}
      </MenuItem>
    </Menu>
  );
  return (
    <>
      {menu}
      {asksReset && <ResetFactorsDialog admin={admin} onClose={() => setAsksReset(false)} />}
    </>
  );
}

function ResetFactorsDialog({ admin, onClose }: { admin: Admin; onClose: () => void }) {
  const t = useTexts().secondFactors;
  const reset = async () => {
    await adminClient.call('POST /api/admins/{id}/reset-factors', { path: { id: admin.id } });
    say(t.resetDone);
    await queries.invalidateQueries({ queryKey: ['admin'] });
  };
  return (
    <ConfirmDialog title={t.resetTitle} action={t.reset} onConfirm={reset} onClose={onClose}>
      {t.resetText}
    </ConfirmDialog>
  );
}
