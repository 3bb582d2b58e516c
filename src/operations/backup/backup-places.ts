import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Config } from '../../configuration/config.ts';
import type { FileStore } from '../../platform/file-stores/file-store.ts';
import { createFolderStore } from '../../platform/file-stores/folder-store.ts';
import { backupFault } from './backup-fault.ts';
import { timeOfName } from './backup-format.ts';

/** Where `BACKUP_TO` leads. */
export async function openStore({
  backup,
  dataDir,
}: Pick<Config, 'backup' | 'dataDir'>): Promise<FileStore> {
  if (!/^https?:/i.test(backup.to)) return createFolderStore(backup.to);
  const { createBucketStore } = await import('../../platform/file-stores/bucket-store.ts');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return createBucketStore({
    url: backup.to,
    region: backup.region,
    accessKeyId: backup.accessKeyId ?? '',
    secretAccessKey: backup.secretAccessKey ?? '',
    spoolFolder: dataDir,
  });
}

export type BackupPlace = { store: FileStore; name: string };

/** The backup that is meant: by its name in the store, by a path, or without both the newest. */
export async function findBackup(config: Config, given: string | undefined): Promise<BackupPlace> {
  if (given?.includes('/'))
    return { store: createFolderStore(dirname(given)), name: basename(given) };
  const store = await openStore(config);
  if (given !== undefined) return { store, name: given };
  const names = (await store.list('adl-'))
    .map(({ name }) => name)
    .filter((name) => timeOfName(name) !== null);
  const deployments = new Set(names.map((name) => name.split('-')[1]));
  if (deployments.size > 1)
    throw backupFault(
      'There are backups of several deployments: name one; adl backup list shows them',
    );
  const newest = names.at(-1);
  if (newest === undefined)
    throw backupFault(`There is no backup in ${store.place}: correct BACKUP_TO`);
  return { store, name: newest };
}
