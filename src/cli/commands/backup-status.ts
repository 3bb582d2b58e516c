import { z } from 'zod';
import { readStatus } from '../../operations/backup/run-backup.ts';
import { defineCommand } from '../command/command.ts';

export const backupStatus = defineCommand({
  name: 'backup status',
  summary: 'Show the newest backup and the newest verified one, for the metrics too',
  parameters: z.strictObject({}),
  run: (deps) => readStatus(deps),
});
