import {
  findTakenFields,
  insertAccounts,
  removeAccounts,
} from '../../domain/accounts/insert-accounts.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { totpSecretOf } from '../../domain/factors/totp-secret.ts';
import { insertTotpsInForce } from '../../domain/factors/totp-store.ts';
import { advanceImport } from '../../domain/imports/import-store.ts';
import { findReservedAddresses } from '../../domain/one-time-tokens/undo-links.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { foldCase } from '../../platform/fold-case.ts';
import type { Batch } from './batches.ts';
import type { ImportDependencies, ImportOptions } from './import-options.ts';
import type { Row } from './read-row.ts';

/** A row whose names are taken, and the field. */
export type Refused = { row: Row; field: string };

/**
 * Writes accounts, audit event and the line reached in one transaction, committed when its turn has
 * come. Gives the rows that were not inserted; nothing is kept if one of them stops the import, or
 * in a trial.
 */
export async function commitBatch(
  deps: ImportDependencies,
  batch: Batch,
  turn: Promise<unknown>,
  { realm, progress, stopsAtFault, skipsExisting }: ImportOptions,
): Promise<Refused[]> {
  try {
    return await transact(deps.db, async (trx) => {
      const refused =
        batch.rows.length === 0 ? [] : await insertBatch(deps, trx, realm, batch.rows);
      const stops = refused.length > 0 && stopsAtFault && !skipsExisting;
      if (progress === null || stops) throw new NotKeptError(refused);
      await turn;
      const created = batch.rows.length - refused.length;
      const { fromLine, toLine } = batch;
      if (!(await advanceImport(trx, { id: progress.id, fromLine, toLine, created }))) {
        throw new Error('another process has gone on with this import');
      }
      const details = { import_id: progress.id, count: created };
      if (created > 0) await recordEvent(deps, trx, { event: `${realm.kind}s_imported`, details });
      return refused;
    });
  } catch (error) {
    if (error instanceof NotKeptError) return error.refused;
    throw error;
  }
}

/** Rolls back a trial, and a batch that must stop within. */
class NotKeptError extends Error {
  readonly refused: Refused[];

  constructor(refused: Refused[]) {
    super('the batch is not kept');
    this.refused = refused;
  }
}

/** Gives the rows that were not inserted, in the order of the file. */
async function insertBatch(
  deps: ImportDependencies,
  trx: Transaction,
  realm: Realm,
  rows: readonly Row[],
): Promise<Refused[]> {
  const inserted = await insertAccounts(
    trx,
    realm,
    rows.map(({ account }) => account),
  );
  const isWhole = inserted.size === rows.length;
  const left = isWhole ? [] : rows.filter(({ account }) => !inserted.has(account.id));
  const reserved = realm.kind === 'user' ? await removeReserved(trx, realm, rows, inserted) : [];
  const kept = rows.filter((row) => inserted.has(row.account.id) && !isAmong(reserved, row));
  await insertImportedTotps(deps, trx, realm, kept);
  if (left.length + reserved.length === 0) return [];
  const fields = await findTakenFields(
    trx,
    realm,
    left.map(({ account }) => account),
  );
  const taken = left.map((row) => ({ row, field: fields.get(row.account.id) ?? 'email' }));
  return [...taken, ...reserved].toSorted((one, other) => one.row.line - other.row.line);
}

function isAmong(refused: readonly Refused[], row: Row): boolean {
  return refused.some((one) => one.row === row);
}

/** The apps that people had in the other system; nobody is told, as of nothing in an import. */
async function insertImportedTotps(
  { keys }: ImportDependencies,
  trx: Transaction,
  realm: Realm,
  rows: readonly Row[],
): Promise<void> {
  const apps = rows.flatMap(({ account: { id, totp_secret: secret } }) =>
    secret === null ? [] : [{ owner: partyOf(realm, id), secret: totpSecretOf(secret) }],
  );
  if (apps.length > 0) await insertTotpsInForce(trx, keys.current, apps);
}

/**
 * Nobody takes an address that an open undo link leads back to. Asked after the insert, as at
 * registration.
 */
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
