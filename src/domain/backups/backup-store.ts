import { type ColumnType, type Generated, sql } from 'kysely';
import { sha256 } from '../../platform/crypto/secret-keys.ts';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    deployment: DeploymentRow;
    backups: BackupRow;
  }
}

type DeploymentRow = {
  is_only: Generated<true>;
  id: string;
  epoch: number;
  epoch_began_at: Date;
};

type BackupRow = {
  name: string;
  taken_at: Date;
  /** A bigint arrives as text. */
  bytes: ColumnType<string, number, never>;
  proof_digest: Buffer;
  verified_at: Date | null;
};

/** The id of this deployment, which its first backup makes. */
export async function requireDeploymentId(db: Database): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO deployment (id, epoch, epoch_began_at) VALUES (gen_random_uuid(), 0, now())
        ON CONFLICT (is_only) DO UPDATE SET is_only = true RETURNING id`.execute(db);
  return rows[0]?.id ?? '';
}

/** Counts that the database went back in time; gives the number of the epoch that begins. */
export async function beginEpoch(trx: Transaction): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`
    INSERT INTO deployment (id, epoch, epoch_began_at) VALUES (gen_random_uuid(), 1, now())
        ON CONFLICT (is_only) DO UPDATE SET epoch = deployment.epoch + 1, epoch_began_at = now()
    RETURNING epoch`.execute(trx);
  return rows[0]?.epoch ?? 0;
}

type NewBackup = { name: string; takenAt: Date; bytes: number; proof: string };

export async function insertBackup(
  db: Database,
  { name, takenAt, bytes, proof }: NewBackup,
): Promise<void> {
  const row = { name, taken_at: takenAt, bytes, proof_digest: sha256(proof) };
  await db.insertInto('backups').values(row).execute();
}

/** Of backups that are verified nothing is left to find out. */
export async function listUnverified(db: Database): Promise<Set<string>> {
  const rows = await db
    .selectFrom('backups')
    .select('name')
    .where('verified_at', 'is', null)
    .execute();
  return new Set(rows.map(({ name }) => name));
}

/** Only with the secret of that backup; false for any other. */
export async function markVerified(db: Database, name: string, proof: string): Promise<boolean> {
  const result = await db
    .updateTable('backups')
    .set({ verified_at: now })
    .where('name', '=', name)
    .where('proof_digest', '=', sha256(proof))
    .where('verified_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function forgetBackups(db: Database, names: readonly string[]): Promise<void> {
  if (names.length > 0) await db.deleteFrom('backups').where('name', 'in', names).execute();
}

/** When the newest backup was taken, and the newest verified one; null if there is none. */
export async function readBackupState(
  db: Database,
): Promise<{ last: Date | null; lastVerified: Date | null }> {
  const { rows } = await sql<{ last: Date | null; lastVerified: Date | null }>`
    SELECT max(taken_at) AS last, max(taken_at) FILTER (WHERE verified_at IS NOT NULL) AS "lastVerified"
      FROM backups`.execute(db);
  return rows[0] ?? { last: null, lastVerified: null };
}
