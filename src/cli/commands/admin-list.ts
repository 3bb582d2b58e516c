import { z } from 'zod';
import { adminSchema } from '../../domain/accounts/account-schemas.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import { defineCommand } from '../command/command.ts';
import { sendAccounts } from '../command/send-accounts.ts';

export const adminList = defineCommand({
  name: 'admin list',
  summary: 'List the admins, newest first',
  parameters: z.strictObject({}),
  run: (deps, _parameters, exchange) =>
    sendAccounts(
      deps,
      adminRealm,
      { limit: Number.POSITIVE_INFINITY, filter: {} },
      adminSchema,
      exchange,
    ),
});
