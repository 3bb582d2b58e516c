import { z } from 'zod';
import { commandLine } from '../../admin/acting-admin.ts';
import { restoreUser } from '../../admin/users/restore-user.ts';
import { notFound } from '../../platform/errors.ts';
import { defineCommand } from '../command/command.ts';
import { requireDeletedUserCalled } from '../command/find-account.ts';

export const userRestore = defineCommand({
  name: 'user restore',
  summary: 'Restore a deleted user who is not erased yet',
  operands: [['<user>', 'username, e-mail address or id']],
  parameters: z.strictObject({ user: z.string() }),
  run: async (deps, { user }) => {
    const { id } = await requireDeletedUserCalled(deps.db, user);
    const restored = await restoreUser({ ...deps, jobs: await deps.openJobs() }, commandLine, id);
    if (restored === null) throw notFound('There is no such user');
    return { id, username: restored.username, deleted: false };
  },
});
