import { z } from 'zod';
import { inBulkTransaction } from '../../operations/backup/bulk-transaction.ts';
import { raiseEpoch } from '../../operations/backup/raise-epoch.ts';
import { defineCommand } from '../command/command.ts';

export const backupRecovered = defineCommand({
  name: 'backup recovered',
  summary:
    'End all sessions and links, after a recovery by other means: to a point in time, or of a disk',
  parameters: z.strictObject({}),
  run: (deps) => inBulkTransaction(deps.engine, (trx) => raiseEpoch(deps, trx)),
});
