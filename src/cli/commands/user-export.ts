import { z } from 'zod';
import { userSchema } from '../../domain/accounts/account-schemas.ts';
import { presentAccount } from '../../domain/accounts/present-account.ts';
import { walkAccounts } from '../../domain/accounts/walk-accounts.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { timestamp } from '../../platform/http/schemas.ts';
import { defineCommand } from '../command/command.ts';

/** No hash of a password: it would let whoever reads the file guess at it. */
const exportedUser = userSchema.extend({ last_login_at: timestamp.nullable() });

export const userExport = defineCommand({
  name: 'user export',
  summary: 'Export all users as NDJSON or CSV, without their passwords',
  operands: [['[file]', 'a file that ends in .csv or .ndjson; standard output by default']],
  options: [['--format <format>', 'ndjson or csv, where the name does not say it']],
  writesFile: Object.keys(exportedUser.shape),
  parameters: z.strictObject({}),
  run: async ({ db }, _parameters, { send, signal }) => {
    let exported = 0;
    for await (const user of walkAccounts(db, userRealm)) {
      const last_login_at = user.last_login_at?.toISOString() ?? null;
      await send({ item: exportedUser.parse({ ...presentAccount(user), last_login_at }) });
      signal.throwIfAborted();
      exported += 1;
    }
    return { exported };
  },
});
