import { z } from 'zod';
import { commandLine } from '../../admin/acting-admin.ts';
import { deleteUser } from '../../admin/users/delete-user.ts';
import { findAnyUser } from '../../domain/accounts/deleted-accounts.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { defineCommand } from '../command/command.ts';
import { requireAccountCalled } from '../command/find-account.ts';

export const userDelete = defineCommand({
  name: 'user delete',
  summary: 'Delete a user, who can be restored until DELETED_USER_GRACE_DAYS are over',
  operands: [['<user>', 'username, e-mail address or id']],
  parameters: z.strictObject({ user: z.string() }),
  run: async (deps, { user }) => {
    const { id, username } = await requireAccountCalled(deps.db, userRealm, user);
    await deleteUser({ ...deps, jobs: await deps.openJobs() }, commandLine, id);
    const deleted = await findAnyUser(deps.db, id);
    return { id, username, deleted_at: deleted?.deleted_at, erase_at: deleted?.erase_at };
  },
});
