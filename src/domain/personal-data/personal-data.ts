import type { z } from 'zod';
import type { Database, Transaction } from '../../platform/database/database.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Party } from '../realms/realms.ts';

/** The account whose data it is, with the names that it has now. */
export type Subject = Party & { readonly username: string | null; readonly email: string };

/** One member of the export: a list of rows, or one object if `isOne`. */
type ExportedRows<Needs> = {
  name: string;
  isOne?: true;
  /** Of a row. Members that it does not name are left out. */
  schema: (deps: Needs) => z.ZodType;
  /** Reads in batches. No secret, no hash, and nothing of other people. */
  read: (deps: Needs, db: Database, subject: Subject) => AsyncIterable<object>;
};

/** What the owner of a table does with the rows about an account. */
export type PersonalData<Needs = Pick<Dependencies, 'keys' | 'jobs'>> = {
  /** Those outside `public` with their schema. */
  tables: readonly string[];
  exported: ExportedRows<Needs> | { nothingBecause: string };
  /** Removes what is personal in the transaction of the erasure. Each statement has a timeout. */
  erase: (deps: Needs, trx: Transaction, subject: Subject) => Promise<void>;
};

const rowsAtOnce = 500;

/**
 * All rows, read by statements of a bounded size; `readAfter` gets the last row of the one before.
 */
export async function* inBatches<Row>(
  readAfter: (last: Row | undefined, limit: number) => Promise<readonly Row[]>,
): AsyncIterable<Row> {
  for (let last: Row | undefined; ; ) {
    const rows = await readAfter(last, rowsAtOnce);
    yield* rows;
    if (rows.length < rowsAtOnce) return;
    last = rows.at(-1);
  }
}
