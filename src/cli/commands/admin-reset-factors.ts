import { z } from 'zod';
import { commandLine } from '../../admin/acting-admin.ts';
import { adminRealm, partyOf } from '../../domain/realms/realms.ts';
import { resetFactors } from '../../flows/second-factors/reset-factors.ts';
import { defineCommand } from '../command/command.ts';
import { requireAccountCalled } from '../command/find-account.ts';

export const adminResetFactors = defineCommand({
  name: 'admin reset-factors',
  summary: "Remove an admin's second factors, and end all their sessions",
  operands: [['<admin>', 'username, e-mail address or id']],
  parameters: z.strictObject({ admin: z.string() }),
  run: async (deps, { admin }) => {
    const { id, username } = await requireAccountCalled(deps.db, adminRealm, admin);
    const actor = partyOf(adminRealm, commandLine.account.id);
    await resetFactors(await deps.openService(), adminRealm, id, actor);
    return { id, username, second_factors: 'removed', sessions: 'ended' };
  },
});
