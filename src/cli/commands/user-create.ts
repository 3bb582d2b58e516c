import { z } from 'zod';
import { userSchema } from '../../domain/accounts/account-schemas.ts';
import { presentAccount } from '../../domain/accounts/present-account.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { registerAccount } from '../../flows/registration/register-account.ts';
import { userOfAdminBody } from '../../flows/registration/registration-body.ts';
import { defineCommand } from '../command/command.ts';
import { parseBody } from '../command/parse-body.ts';

export const userCreate = defineCommand({
  name: 'user create',
  summary: 'Create a user without a password, and mail a link to set one',
  options: [
    ['--email <address>', 'the e-mail address'],
    ['--username <name>', 'the name to sign in with'],
    ['--full-name <name>', 'the name to show'],
  ],
  parameters: z.strictObject({
    email: z.string(),
    username: z.string().optional(),
    fullName: z.string().optional(),
  }),
  run: async (deps, { fullName: full_name, ...names }, { signal }) => {
    const body = parseBody(userOfAdminBody(deps.config), { ...names, full_name });
    const { full_name: fullName, app_metadata: appMetadata, ...fields } = body;
    const registration = { ...fields, fullName, appMetadata, ip: 'command line', signal };
    const breachedPasswords = await deps.openBreachedPasswords();
    const opened = { hasher: await deps.openHasher(), jobs: await deps.openJobs() };
    const tools = { ...deps, ...opened, breachedPasswords };
    const user = await registerAccount(tools, userRealm, registration);
    return userSchema.parse(presentAccount(user));
  },
});
