import { isDatabaseUnavailable } from '../../platform/database/database-errors.ts';
import type { FileRecord } from '../../platform/records/record.ts';
import { type Batch, type Batches, collectBatches, halvesOf, type Limits } from './batches.ts';
import { commitBatch, type Refused } from './commit-batch.ts';
import type {
  ImportCounts,
  ImportDependencies,
  ImportFault,
  ImportOptions,
} from './import-options.ts';
import { readRow } from './read-row.ts';

/**
 * A fraction of what a statement may take. The embedded database has the thread of the service
 * meanwhile.
 */
const batchRows = { postgres: 1000, embedded: 100 };

/** Fewer are not tried again: the database is away. */
const fewestRows = 50;

/** As many as a command has connections. */
const batchesAtOnce = 2;

/**
 * Reads accounts and inserts them batch by batch: accounts, the audit event and the line reached
 * are one transaction, so that a killed import leaves neither half an account nor a doubt where to
 * go on. Mails nobody. True if it came to the end of the file.
 */
export async function importAccounts(
  deps: ImportDependencies,
  chunks: AsyncIterable<readonly FileRecord[]>,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<boolean> {
  const { isEmbedded } = deps.engine;
  const limits = {
    mostRows: isEmbedded ? batchRows.embedded : batchRows.postgres,
    // Of what follows a row that stops the import nothing may be written.
    mostAtOnce: isEmbedded || options.stopsAtFault ? 1 : batchesAtOnce,
  };
  const batches = collectBatches(options.progress?.linesRead ?? 0, limits, (batch, turn) =>
    writeInTime(batch, turn, limits, (part) => writeBatch(deps, part, turn, options, counts)),
  );
  try {
    const isWhole = await readAll(chunks, batches, options, counts);
    return (await batches.finish()) && isWhole;
  } finally {
    await batches.settle();
  }
}

/** False if it does not come to the end. */
async function readAll(
  chunks: AsyncIterable<readonly FileRecord[]>,
  batches: Batches,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<boolean> {
  const from = options.progress?.linesRead ?? 0;
  for await (const records of chunks) {
    for (const record of records) {
      if (record.lastLine <= from) continue;
      const goesOn = await takeRecord(record, batches, options, counts);
      if (!goesOn) return false;
    }
    options.signal.throwIfAborted();
  }
  return true;
}

/** False if the import stops before it, or nothing can be read after it. */
async function takeRecord(
  record: FileRecord,
  batches: Batches,
  { row, stopsAtFault, onFault }: ImportOptions,
  counts: ImportCounts,
): Promise<boolean> {
  const read = readRow(record, row);
  if ('account' in read) return batches.add(read) ? batches.write() : true;
  const isLast = 'isLast' in record && (record.isLast ?? false);
  if (stopsAtFault) {
    if (!(await batches.finish())) return false;
  } else if (!isLast) batches.advanceTo(record.lastLine);
  counts.refused += 1;
  for (const fault of read.faults) await onFault(fault);
  return !stopsAtFault && !isLast;
}

/**
 * A server that is slow now gets smaller batches, which end within the time that a statement may
 * take.
 */
async function writeInTime(
  batch: Batch,
  turn: Promise<unknown>,
  limits: Limits,
  write: (batch: Batch) => Promise<boolean>,
): Promise<boolean> {
  try {
    return await write(batch);
  } catch (error) {
    if (!isDatabaseUnavailable(error) || batch.rows.length < fewestRows) throw error;
    await turn;
    const [first, rest] = halvesOf(batch);
    limits.mostRows = Math.min(limits.mostRows, rest.rows.length);
    return (
      (await writeInTime(first, turn, limits, write)) &&
      (await writeInTime(rest, turn, limits, write))
    );
  }
}

/** False if the import stops within the batch. */
async function writeBatch(
  deps: ImportDependencies,
  batch: Batch,
  turn: Promise<unknown>,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<boolean> {
  const refused = await commitBatch(deps, batch, turn, options);
  const [first] = refused;
  if (first !== undefined && options.stopsAtFault && !options.skipsExisting) {
    // Nothing of the batch was kept: once more, up to the row that stops it.
    const rows = batch.rows.slice(0, batch.rows.indexOf(first.row));
    const before = { ...batch, rows, toLine: rows.at(-1)?.lastLine ?? batch.fromLine };
    if (!(await writeBatch(deps, before, turn, options, counts))) return false;
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
