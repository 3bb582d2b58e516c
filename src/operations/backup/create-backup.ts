import { randomBytes } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { sql } from 'kysely';
import { version } from '../../configuration/version.ts';
import { insertBackup, requireDeploymentId } from '../../domain/backups/backup-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { encryptTo } from '../../platform/age/age-stream.ts';
import { beginSnapshot } from '../../platform/database/bulk-copy.ts';
import { now } from '../../platform/database/database.ts';
import { readMigrations } from '../../platform/database/migrate.ts';
import type { FileStore } from '../../platform/file-stores/file-store.ts';
import type { PasswordHasher } from '../../platform/hashing/password-hasher.ts';
import { backupFault, explained } from './backup-fault.ts';
import { type BackupHeader, type BackupTrailer, backupName } from './backup-format.ts';
import { listTables } from './list-tables.ts';
import { writeScript } from './write-script.ts';

type Deps = Pick<Dependencies, 'db' | 'engine' | 'keys' | 'config'>;

/** Level 6 would take three times as long for a tenth less. */
const compressionLevel = 3;

/**
 * Writes one moment of the database, encrypted, into the store. On PostgreSQL the service goes on
 * meanwhile; on the embedded database its requests wait.
 */
export async function createBackup(
  deps: Deps,
  store: FileStore,
  hasher: PasswordHasher,
): Promise<{ name: string; takenAt: Date; bytes: number }> {
  const { recipients } = deps.config.backup;
  if (recipients.length === 0)
    throw backupFault(
      'BACKUP_RECIPIENTS is not set: make a key with age-keygen on another machine',
    );
  const deployment = await requireDeploymentId(deps.db);
  const { rows } = await sql<{ now: Date }>`SELECT ${now} AS now`.execute(deps.db);
  const takenAt = rows[0]?.now ?? new Date();
  const name = backupName(deployment, takenAt);
  const proof = randomBytes(24).toString('base64url');
  const ending = { proof, canary: await makeCanary(hasher) };
  try {
    const script = snapshot(deps, { deployment, takenAt }, ending);
    const bytes = await store.write(name, encryptTo(recipients, compressed(script)));
    await insertBackup(deps.db, { name, takenAt, bytes, proof });
    return { name, takenAt, bytes };
  } catch (error) {
    throw explained(error);
  }
}

/** Stored nowhere but in the backup, so that nobody can sign in with it. */
async function makeCanary(hasher: PasswordHasher): Promise<BackupTrailer['canary']> {
  const username = `canary.${randomBytes(6).toString('hex')}`;
  const password = randomBytes(24).toString('base64url');
  const { scheme, hash, key } = await hasher.hash(password, '');
  return {
    username,
    email: `${username}@canary.invalid`,
    password,
    scheme,
    hash,
    key: key?.toString('hex') ?? null,
  };
}

type Moment = { deployment: string; takenAt: Date };

/**
 * The connection is open only while the script is read: what comes after may take as long as it
 * likes.
 */
async function* snapshot(
  { engine, keys, config }: Deps,
  { deployment, takenAt }: Moment,
  ending: Omit<BackupTrailer, 'tables'>,
): AsyncGenerator<Buffer> {
  const connection = await engine.openBulkConnection();
  try {
    await beginSnapshot(connection);
    const migrations = await readMigrations(connection);
    const known = new Set(migrations.known.map(({ name }) => name));
    const applied = [...migrations.applied].toSorted();
    const unknown = applied.filter((name) => !known.has(name));
    if (unknown.length > 0)
      throw backupFault(
        `The database has ${unknown.join(', ')} of a newer release: run the adl of that release`,
      );
    const header: BackupHeader = {
      release: version,
      deployment,
      public_url: config.publicUrl,
      taken_at: takenAt.toISOString(),
      engine: engine.name,
      key_ids: keys.all.map(({ kid }) => kid),
      migrations: applied,
    };
    yield* writeScript(connection, await listTables(connection), header, ending);
  } finally {
    await connection.close();
  }
}

function compressed(plain: AsyncIterable<Buffer>): AsyncIterable<Uint8Array> {
  // An error of the source comes out of what is read.
  return pipeline(Readable.from(plain), createGzip({ level: compressionLevel }), () => {});
}
