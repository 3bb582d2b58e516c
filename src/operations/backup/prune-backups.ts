import { forgetBackups } from '../../domain/backups/backup-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { durations } from '../../platform/durations.ts';
import type { FileStore } from '../../platform/file-stores/file-store.ts';
import { backupFault } from './backup-fault.ts';
import { prefixOf, receiptName } from './backup-format.ts';
import { type ListedBackup, listBackups } from './list-backups.ts';

const alwaysKept = 7;

type Deps = Pick<Dependencies, 'db' | 'config'>;

/**
 * Deletes the backups of this deployment that are older than `BACKUP_KEEP_DAYS`; gives how many.
 */
export async function pruneBackups(
  { db, config }: Deps,
  store: FileStore,
  { deployment, now }: { deployment: string; now: Date },
): Promise<number> {
  const before = now.getTime() - durations.days(config.backup.keepDays) * 1000;
  const old = oldBackups(await listBackups(store, prefixOf(deployment)), before);
  try {
    for (const { name } of old) {
      await store.remove(name);
      await store.remove(receiptName(name));
    }
  } catch (error) {
    throw backupFault(
      'The backup was made, but older ones cannot be deleted: allow it, or delete them by hand',
      error,
    );
  }
  const names = old.map(({ name }) => name);
  await forgetBackups(db, names);
  return names.length;
}

/**
 * The newest seven stay, and the newest verified one: time alone must not take the last good one.
 */
function oldBackups(backups: readonly ListedBackup[], before: number): ListedBackup[] {
  const verified = backups.findLast(({ is_verified: isVerified }) => isVerified);
  const candidates = backups.slice(0, -alwaysKept).filter((backup) => backup !== verified);
  return candidates.filter(({ taken_at: takenAt }) => Date.parse(takenAt) < before);
}
