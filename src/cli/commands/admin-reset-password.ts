import { z } from 'zod';
import { newPassword } from '../../domain/credentials/password-policy.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import { setNewPassword } from '../../flows/password-reset/set-password.ts';
import { defineCommand } from '../command/command.ts';
import { requireAccountCalled } from '../command/find-account.ts';
import { parseBody } from '../command/parse-body.ts';

export const adminResetPassword = defineCommand({
  name: 'admin reset-password',
  summary: "Set an admin's password, and end all their sessions",
  operands: [['<admin>', 'username, e-mail address or id']],
  asksPassword: true,
  parameters: z.strictObject({ admin: z.string(), password: z.string() }),
  run: async (deps, { admin, password }, { signal }) => {
    const body = parseBody(z.object({ password: newPassword(deps.config, adminRealm) }), {
      password,
    });
    const account = await requireAccountCalled(deps.db, adminRealm, admin);
    const breachedPasswords = await deps.openBreachedPasswords();
    const opened = { hasher: await deps.openHasher(), jobs: await deps.openJobs() };
    const tools = { ...deps, ...opened, breachedPasswords };
    await setNewPassword(tools, adminRealm, account, { newPassword: body.password, signal });
    return { id: account.id, username: account.username, password: 'changed', sessions: 'ended' };
  },
});
