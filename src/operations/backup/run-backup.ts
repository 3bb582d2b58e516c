import { readBackupState, requireDeploymentId } from '../../domain/backups/backup-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { PasswordHasher } from '../../platform/hashing/password-hasher.ts';
import { explained } from './backup-fault.ts';
import { openStore } from './backup-places.ts';
import { createBackup } from './create-backup.ts';
import { noteVerified } from './note-verified.ts';
import { pruneBackups } from './prune-backups.ts';

type Deps = Pick<Dependencies, 'db' | 'engine' | 'keys' | 'config' | 'logger'>;

/**
 * What a schedule does: a new backup, a note of what was verified meanwhile, and the old ones
 * deleted.
 */
export async function runBackup(deps: Deps, hasher: PasswordHasher) {
  const store = await openStore(deps.config);
  const { name, takenAt, bytes } = await createBackup(deps, store, hasher);
  const deployment = await requireDeploymentId(deps.db);
  try {
    const verified = await noteVerified(deps, store, deployment);
    const pruned = await pruneBackups(deps, store, { deployment, now: takenAt });
    return { name, place: store.place, taken_at: takenAt.toISOString(), bytes, verified, pruned };
  } catch (error) {
    throw explained(error);
  }
}

/** The newest backup, and the newest that is verified, after a look for receipts. */
export async function readStatus(deps: Deps) {
  const store = await openStore(deps.config);
  const noted = await noteVerified(deps, store, await requireDeploymentId(deps.db)).catch(
    (error: unknown) => {
      throw explained(error);
    },
  );
  const { last, lastVerified } = await readBackupState(deps.db);
  return {
    place: store.place,
    last: last?.toISOString() ?? null,
    last_verified: lastVerified?.toISOString() ?? null,
    newly_verified: noted,
  };
}
