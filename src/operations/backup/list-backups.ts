import type { FileStore } from '../../platform/file-stores/file-store.ts';
import { receiptName, timeOfName } from './backup-format.ts';

export type ListedBackup = { name: string; taken_at: string; bytes: number; is_verified: boolean };

/** The backups in a store, by deployment and time. */
export async function listBackups(store: FileStore, prefix = 'adl-'): Promise<ListedBackup[]> {
  const files = await store.list(prefix);
  const names = new Set(files.map(({ name }) => name));
  return files.flatMap(({ name, bytes }) => {
    const time = timeOfName(name);
    if (time === null) return [];
    return [
      { name, taken_at: time.toISOString(), bytes, is_verified: names.has(receiptName(name)) },
    ];
  });
}
