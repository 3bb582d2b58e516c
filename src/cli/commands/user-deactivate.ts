import { z } from 'zod';
import { commandLine } from '../../admin/acting-admin.ts';
import { updateUser } from '../../admin/users/update-user.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { defineCommand } from '../command/command.ts';
import { requireAccountCalled } from '../command/find-account.ts';

export const userDeactivate = defineCommand({
  name: 'user deactivate',
  summary: 'Deactivate a user and end all their sessions, or undo that',
  operands: [['<user>', 'username, e-mail address or id']],
  options: [['--undo', 'let them sign in again']],
  parameters: z.strictObject({ user: z.string(), undo: z.boolean().default(false) }),
  run: async (deps, { user, undo }) => {
    const { id, username } = await requireAccountCalled(deps.db, userRealm, user);
    const tools = { ...deps, jobs: await deps.openJobs() };
    const updated = await updateUser(tools, commandLine, id, { change: { is_active: undo } });
    return { id, username, is_active: updated?.is_active };
  },
});
