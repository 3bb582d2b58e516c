import { randomUUIDv7 } from 'node:crypto';
import { type ColumnType, sql } from 'kysely';
import {
  cleanUpRows,
  type Database,
  now,
  type Transaction,
} from '../../platform/database/database.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    imports: ImportRow;
  }
}

/** A bigint arrives as text. */
type BigInt64 = ColumnType<string, number | undefined, number>;

type ImportRow = {
  id: string;
  /** SHA-256 of the file: a changed file is another import. */
  source_digest: Buffer;
  /** The line up to which all rows are decided. */
  lines_read: BigInt64;
  rows_created: BigInt64;
  started_at: Date;
  updated_at: Date;
  finished_at: Date | null;
};

export type UnfinishedImport = { id: string; linesRead: number; rowsCreated: number };

export async function startImport(db: Database, digest: Buffer): Promise<UnfinishedImport> {
  const row = { id: randomUUIDv7(), source_digest: digest, started_at: now, updated_at: now };
  await db.insertInto('imports').values(row).execute();
  return { id: row.id, linesRead: 0, rowsCreated: 0 };
}

/** The newest import of the file that was stopped or killed, or null. */
export async function findUnfinishedImport(
  db: Database,
  digest: Buffer,
): Promise<UnfinishedImport | null> {
  const row = await db
    .selectFrom('imports')
    .select(['id', 'lines_read', 'rows_created'])
    .where('source_digest', '=', digest)
    .where('finished_at', 'is', null)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row
    ? { id: row.id, linesRead: Number(row.lines_read), rowsCreated: Number(row.rows_created) }
    : null;
}

type Step = { id: string; fromLine: number; toLine: number; created: number };

/**
 * In the transaction of the rows. False if another process has gone on with this import meanwhile.
 */
export async function advanceImport(trx: Transaction, step: Step): Promise<boolean> {
  const result = await trx
    .updateTable('imports')
    .set({
      lines_read: step.toLine,
      rows_created: sql<number>`rows_created + ${step.created}`,
      updated_at: now,
    })
    .where('id', '=', step.id)
    .where('lines_read', '=', String(step.fromLine))
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Ends all imports of the file: the whole of it has been read. */
export async function finishImports(db: Database, digest: Buffer): Promise<void> {
  await db
    .updateTable('imports')
    .set({ finished_at: now, updated_at: now })
    .where('source_digest', '=', digest)
    .where('finished_at', 'is', null)
    .execute();
}

export async function deleteOldImports(db: Database, keptDays: number): Promise<void> {
  const before = sql<Date>`now() - make_interval(days => ${keptDays})`;
  const old = db
    .selectFrom('imports')
    .select('id')
    .where('updated_at', '<', before)
    .limit(cleanUpRows);
  await db.deleteFrom('imports').where('id', 'in', old).execute();
}
