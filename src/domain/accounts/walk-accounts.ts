import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import type { Realm } from '../realms/realms.ts';
import { type Account, notDeleted } from './account-store.ts';

const rowsAtOnce = 500;

// Before every id.
const first = '00000000-0000-0000-0000-000000000000';

/**
 * All accounts of a realm in the order of their ids, a few at a time; who comes meanwhile may be
 * missed.
 */
export async function* walkAccounts(db: Database, realm: Realm): AsyncGenerator<Account> {
  for (let after = first; ; ) {
    const { rows } = await sql<Account>`
      SELECT * FROM ${sql.table(realm.table)} WHERE id > ${after} AND ${notDeleted(realm)}
       ORDER BY id LIMIT ${rowsAtOnce}`.execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsAtOnce) return;
    after = last.id;
  }
}
