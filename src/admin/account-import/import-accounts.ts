import type { z } from 'zod';
import {
  findTakenFields,
  type ImportedAccount,
  insertAccounts,
  removeAccounts,
} from '../../domain/accounts/insert-accounts.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { advanceImport, type UnfinishedImport } from '../../domain/imports/import-store.ts';
import { findReservedAddresses } from '../../domain/one-time-tokens/undo-links.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { foldCase } from '../../platform/fold-case.ts';
import { fieldFaults } from '../../platform/http/request-validation.ts';
import type { FileRecord } from '../../platform/records/record.ts';

type ImportFault = { line: number; field: string; message: string };

export type ImportCounts = { created: number; skipped: number; refused: number };

export type ImportOptions = {
  realm: Realm;
  row: z.ZodType<ImportedAccount>;
  /** Stop before the first row that is not taken, instead of naming it and going on. */
  stopsAtFault: boolean;
  /** Pass over accounts that exist, without a fault. */
  skipsExisting: boolean;
  /** Null in a trial, which writes nothing. */
  progress: UnfinishedImport | null;
  onFault: (fault: ImportFault) => Promise<void>;
  signal: AbortSignal;
};

type Deps = Pick<Dependencies, 'db' | 'engine' | 'keys' | 'logger'>;
type Row = { line: number; lastLine: number; account: ImportedAccount };
type Batch = { rows: Row[]; toLine: number };
type Refused = { row: Row; field: string };

/** A fraction of what a statement may take. The embedded database has the thread of the service meanwhile. */
const batchRows = { postgres: 1000, embedded: 100 };

/**
 * Reads accounts and inserts them batch by batch: accounts, the audit event and the line reached are one
 * transaction, so that a killed import leaves neither half an account nor a doubt where to go on. Mails
 * nobody. True if it came to the end of the file.
 */
export async function importAccounts(
  deps: Deps,
  records: AsyncIterable<FileRecord>,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<boolean> {
  const { stopsAtFault, onFault, signal } = options;
  const from = options.progress?.linesRead ?? 0;
  const most = deps.engine.isEmbedded ? batchRows.embedded : batchRows.postgres;
  let batch: Batch = { rows: [], toLine: from };
  for await (const record of records) {
    if (record.lastLine <= from) continue;
    const read = readRow(record, options.row);
    if ('account' in read) batch.rows.push(read);
    if ('account' in read || !stopsAtFault) batch.toLine = record.lastLine;
    if (batch.rows.length >= most || (stopsAtFault && 'faults' in read)) {
      if (!(await writeBatch(deps, batch, options, counts))) return false;
      batch = { rows: [], toLine: batch.toLine };
    }
    if ('faults' in read) {
      counts.refused += 1;
      for (const fault of read.faults) await onFault(fault);
      if (stopsAtFault || isEnd(record)) return false;
    }
    signal.throwIfAborted();
  }
  return writeBatch(deps, batch, options, counts);
}

function isEnd(record: FileRecord): boolean {
  return 'isLast' in record && record.isLast;
}

const theRow = 'the row';

function readRow(record: FileRecord, schema: z.ZodType<ImportedAccount>): Row | { faults: ImportFault[] } {
  const { line, lastLine } = record;
  if ('fault' in record) return { faults: [{ line, field: theRow, message: record.fault }] };
  const { data, error } = schema.safeParse(record.value, { reportInput: true });
  if (error !== undefined) {
    const faults = fieldFaults(error);
    const named = faults.map(({ field, message }) => ({
      line,
      field: field === 'body' ? theRow : field,
      message,
    }));
    return { faults: named };
  }
  // What was no UTF-8 arrives as this character.
  if (Object.values(record.value as object).some(isGarbled)) {
    return { faults: [{ line, field: theRow, message: 'is not in UTF-8' }] };
  }
  return { line, lastLine, account: data };
}

function isGarbled(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\u{fffd}');
}

/** False if it stopped within the batch. */
async function writeBatch(
  deps: Deps,
  batch: Batch,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<boolean> {
  const refused = await commitBatch(deps, batch, options);
  const [first] = refused;
  if (first !== undefined && options.stopsAtFault && !options.skipsExisting) {
    // Nothing of the batch was kept: once more, up to the row that stops it.
    const rows = batch.rows.slice(0, batch.rows.indexOf(first.row));
    const toLine = rows.at(-1)?.lastLine ?? options.progress?.linesRead ?? 0;
    if (!(await writeBatch(deps, { rows, toLine }, options, counts))) return false;
    counts.refused += 1;
    await options.onFault(takenFault(first));
    return false;
  }
  counts.created += batch.rows.length - refused.length;
  counts[options.skipsExisting ? 'skipped' : 'refused'] += refused.length;
  if (!options.skipsExisting) for (const each of refused) await options.onFault(takenFault(each));
  return true;
}

function takenFault({ row, field }: Refused): ImportFault {
  return { line: row.line, field, message: 'is already registered' };
}

/** Rolls back a trial, and a batch that must stop within. */
class NotKeptError extends Error {
  readonly refused: Refused[];

  constructor(refused: Refused[]) {
    super('the batch is not kept');
    this.refused = refused;
  }
}

async function commitBatch(deps: Deps, batch: Batch, options: ImportOptions): Promise<Refused[]> {
  const { realm, progress, stopsAtFault, skipsExisting } = options;
  try {
    return await transact(deps.db, async (trx) => {
      const refused = batch.rows.length === 0 ? [] : await insertBatch(trx, realm, batch.rows);
      const stops = refused.length > 0 && stopsAtFault && !skipsExisting;
      if (progress === null || stops) throw new NotKeptError(refused);
      const created = batch.rows.length - refused.length;
      const { id, linesRead: fromLine } = progress;
      if (!(await advanceImport(trx, { id, fromLine, toLine: batch.toLine, created }))) {
        throw new Error('another process has gone on with this import');
      }
      const details = { import_id: id, count: created };
      if (created > 0) await recordEvent(deps, trx, { event: `${realm.kind}s_imported`, details });
      return refused;
    }).then((refused) => {
      if (progress !== null) progress.linesRead = batch.toLine;
      return refused;
    });
  } catch (error) {
    if (error instanceof NotKeptError) return error.refused;
    throw error;
  }
}

/** Gives the rows that were not inserted, in the order of the file. */
async function insertBatch(trx: Transaction, realm: Realm, rows: readonly Row[]): Promise<Refused[]> {
  const inserted = await insertAccounts(
    trx,
    realm,
    rows.map(({ account }) => account),
  );
  const left = rows.filter(({ account }) => !inserted.has(account.id));
  const reserved = realm.kind === 'user' ? await removeReserved(trx, realm, rows, inserted) : [];
  if (left.length + reserved.length === 0) return [];
  const fields = await findTakenFields(
    trx,
    realm,
    left.map(({ account }) => account),
  );
  const taken = left.map((row) => ({ row, field: fields.get(row.account.id) ?? 'email' }));
  return [...taken, ...reserved].toSorted((one, other) => one.row.line - other.row.line);
}

/** Nobody takes an address that an open undo link leads back to. Asked after the insert, as at registration. */
async function removeReserved(
  trx: Transaction,
  realm: Realm,
  rows: readonly Row[],
  inserted: ReadonlySet<string>,
): Promise<Refused[]> {
  const addresses = await findReservedAddresses(
    trx,
    rows.map(({ account }) => account.email),
  );
  if (addresses.size === 0) return [];
  const reserved = rows.filter(
    ({ account }) => inserted.has(account.id) && addresses.has(foldCase(account.email)),
  );
  const ids = reserved.map(({ account }) => account.id);
  if (ids.length > 0) await removeAccounts(trx, realm, ids);
  return reserved.map((row) => ({ row, field: 'email' }));
}
