import { z } from 'zod';
import { explained } from '../../operations/backup/backup-fault.ts';
import { openStore } from '../../operations/backup/backup-places.ts';
import { listBackups } from '../../operations/backup/list-backups.ts';
import type { LocalCommand } from '../command/command.ts';
import { executeLocally } from '../command/execute-command.ts';

export const backupList: LocalCommand = {
  name: 'backup list',
  summary: 'List the backups in BACKUP_TO; needs no database',
  runLocally: ({ readConfig }, given, send) =>
    executeLocally('backup list', z.strictObject({}), given, async () => {
      const store = await openStore(readConfig());
      const backups = await listBackups(store).catch((error: unknown) => {
        throw explained(error);
      });
      for (const item of backups) await send({ item });
      return { place: store.place, count: backups.length };
    }),
};
