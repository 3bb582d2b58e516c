import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Database } from '../../platform/database/database.ts';
import { encodeCursor, fetchedRows, offsetOf, pageQuery, presentPage } from '../../platform/http/paging.ts';
import { queryBoolean, text } from '../../platform/http/schemas.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Realm } from '../realms/realms.ts';
import { beyondCursor, orderOf, sortOrders } from './account-order.ts';
import { containing, searchAccounts } from './account-search.ts';
import { notDeleted } from './account-store.ts';
import { type AccountsWanted, type ListedAccount, readRows } from './list-rows.ts';
import { type MetadataQuery, matchingMetadata, metadataParameter } from './metadata-filter.ts';
import { presentAccount } from './present-account.ts';

const exampleId = '01890a5d-ac96-774b-bcce-b302099a8057';

const firstPages = pageQuery(encodeCursor('-created_at', '2026-01-31T09:26:03.114000Z', exampleId));

export const listQuery = firstPages.extend({
  is_active: queryBoolean,
  q: text(100)
    .optional()
    .describe('Part of the username, the e-mail address or the full name, taken literally'),
  legacy_id: text(100).optional().describe('The id in the system that the account was imported from'),
  sort: z
    .enum([...sortOrders, ''])
    .default('-created_at')
    .transform((value) => (value === '' ? '-created_at' : value))
    .describe('A minus sorts downwards'),
});

/** Only users can be deleted, and have metadata. */
export const userListQuery = listQuery.extend({
  deleted: queryBoolean.describe('`true` lists only deleted users, who are otherwise left out'),
  metadata: metadataParameter,
  app_metadata: metadataParameter,
});

export type ListQuery = z.output<typeof listQuery> & { deleted?: boolean | undefined } & MetadataQuery;

/** One page of a realm's accounts with the total; without a search every page by cursor costs the same, however deep. */
export async function listAccounts(
  { db, engine }: Pick<Dependencies, 'db' | 'engine'>,
  realm: Realm,
  query: ListQuery,
) {
  const order = orderOf(query.sort);
  const wanted = {
    table: sql.table(realm.table),
    order,
    filter: filterOf(realm, query),
    after: query.cursor ? beyondCursor(order, query.cursor) : sql<boolean>`true`,
    offset: offsetOf(query),
    limit: fetchedRows(query),
  };
  // PostgreSQL reads the whole table faster in one statement, and keeps nobody waiting meanwhile.
  const inSlices = query.q && engine.isEmbedded;
  const page = await (inSlices ? searchAccounts(db, wanted) : readPage(db, wanted));
  const cursorAfter = (last: ListedAccount) => encodeCursor(query.sort, last.cursor_key, last.id);
  return presentPage(query, page, presentAccount, cursorAfter);
}

function filterOf(
  realm: Realm,
  { is_active, q, deleted, legacy_id, ...query }: ListQuery,
): RawBuilder<boolean> {
  const shown = deleted ? sql<boolean>`deleted_at IS NOT NULL` : notDeleted(realm);
  const active = is_active === undefined ? shown : sql<boolean>`${shown} AND is_active = ${is_active}`;
  const imported = legacy_id ? sql<boolean>`legacy_id = ${legacy_id}` : null;
  const others = [q ? containing(q) : null, imported, matchingMetadata(query)].filter((one) => one !== null);
  return sql.join([active, ...others], sql` AND `) as RawBuilder<boolean>;
}

async function readPage(db: Database, wanted: AccountsWanted) {
  const rows = await readRows(db, wanted);
  const counted = await sql<{
    total: number;
  }>`SELECT count(*)::int AS total FROM ${wanted.table} WHERE ${wanted.filter}`.execute(db);
  return { rows, total: counted.rows[0]?.total ?? 0 };
}
