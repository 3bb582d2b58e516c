import { z } from 'zod';
import { runBackup } from '../../operations/backup/run-backup.ts';
import { defineCommand } from '../command/command.ts';

export const backupCreate = defineCommand({
  name: 'backup create',
  summary: 'Write an encrypted backup to BACKUP_TO, and delete those that are too old',
  parameters: z.strictObject({}),
  run: async (deps) => runBackup(deps, await deps.openHasher()),
});
