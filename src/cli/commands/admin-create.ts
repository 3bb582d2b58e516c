import { z } from 'zod';
import { adminSchema } from '../../domain/accounts/account-schemas.ts';
import { superadminExists } from '../../domain/accounts/admin-store.ts';
import { presentAccount } from '../../domain/accounts/present-account.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import { registerAccount } from '../../flows/registration/register-account.ts';
import { adminBody } from '../../flows/registration/registration-body.ts';
import { defineCommand } from '../command/command.ts';
import { parseBody } from '../command/parse-body.ts';

export const adminCreate = defineCommand({
  name: 'admin create',
  summary: 'Create an admin; the first is a superadmin',
  options: [
    ['--username <name>', 'the name to sign in with'],
    ['--email <address>', 'the e-mail address'],
    ['--full-name <name>', 'the name to show'],
    ['--superadmin', 'may also manage admins'],
  ],
  asksPassword: true,
  parameters: z.strictObject({
    username: z.string(),
    email: z.string(),
    password: z.string(),
    fullName: z.string().optional(),
    superadmin: z.boolean().optional(),
  }),
  run: async (deps, { fullName: full_name, superadmin, ...names }, { signal }) => {
    const body = parseBody(adminBody(deps.config), { ...names, full_name });
    const { full_name: fullName, ...fields } = body;
    const isSuperadmin = superadmin ?? !(await superadminExists(deps.db));
    const registration = { ...fields, fullName, isSuperadmin, ip: 'command line', signal };
    const breachedPasswords = await deps.openBreachedPasswords();
    const opened = { hasher: await deps.openHasher(), jobs: await deps.openJobs() };
    const tools = { ...deps, ...opened, breachedPasswords };
    const admin = await registerAccount(tools, adminRealm, registration);
    return adminSchema.parse(presentAccount(admin));
  },
});
