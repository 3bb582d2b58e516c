import { z } from 'zod';
import { listedUserSchema } from '../../domain/accounts/account-schemas.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { defineCommand } from '../command/command.ts';
import { sendAccounts } from '../command/send-accounts.ts';

export const userList = defineCommand({
  name: 'user list',
  summary: 'List users, newest first',
  options: [
    ['--q <text>', 'part of the username, the e-mail address or the full name'],
    ['--legacy-id <id>', 'the id in the system that the user was imported from'],
    ['--deleted', 'only deleted users'],
    ['--inactive', 'only deactivated users'],
    ['--limit <count>', 'how many; 50 by default'],
  ],
  parameters: z.strictObject({
    q: z.string().optional(),
    legacyId: z.string().optional(),
    deleted: z.boolean().optional(),
    inactive: z.boolean().optional(),
    limit: z.coerce.number().int().min(1).default(50),
  }),
  run: (deps, { q, legacyId: legacy_id, deleted, inactive, limit }, exchange) => {
    const filter = {
      q,
      legacy_id,
      deleted: deleted ? 'true' : undefined,
      is_active: inactive ? 'false' : undefined,
    };
    return sendAccounts(deps, userRealm, { limit, filter }, listedUserSchema, exchange);
  },
});
