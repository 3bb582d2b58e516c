import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { planEachTime } from '../../platform/database/plan-each-time.ts';
import { fetchedRows, offsetOf, presentPage, type Total } from '../../platform/http/paging.ts';
import { listPage } from '../../platform/lists/list-page.ts';
import {
  countUpTo,
  everything,
  type Listing,
  mostCounted,
  totalOf,
} from '../../platform/lists/list-rows.ts';
import { cursorAt, type Position, positionOf } from '../../platform/lists/order.ts';
import { walkList } from '../../platform/lists/walk-list.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Realm } from '../realms/realms.ts';
import { countUsersIn } from './account-counts.ts';
import { countedStatesOf, filterOf, type ListQuery } from './account-filters.ts';
import { orderOf } from './account-order.ts';
import { type Match, matchOf } from './account-search.ts';
import type { Account } from './account-store.ts';
import { presentAccount } from './present-account.ts';

type Listed = Account & Position;

/** One page of a realm's accounts, of bounded cost at any number of them. */
export async function listAccounts(
  { db }: Pick<Dependencies, 'db'>,
  realm: Realm,
  query: ListQuery,
) {
  const listing = {
    table: sql.table<Account>(realm.table),
    order: orderOf(query.sort),
    filter: filterOf(realm, query),
  };
  const match = await matchOf(db, realm, query);
  if (match !== null) return searchAccounts(db, listing, query, match);
  // An index on the last login would make every sign-in write to every index of the table.
  if (query.last_login_before !== undefined) return walkAccounts(db, listing, query);
  const uncounted = [query.created_after, query.legacy_id, query.is_invited];
  const isCounted = realm.kind === 'user' && uncounted.every((given) => given === undefined);
  const count = () =>
    isCounted ? countUsersIn(db, countedStatesOf(query)) : countUpTo(db, listing);
  return listPage(db, listing, query, presentAccount, count);
}

/**
 * Few matches are read by index and sorted; of many, the first ones are soon met in the order of
 * the list.
 */
async function searchAccounts(
  db: Database,
  listing: Listing<Account>,
  query: ListQuery,
  match: Match,
) {
  const matching = { ...listing, filter: sql<boolean>`${listing.filter} AND ${match.condition}` };
  if (!match.isIndexed) return walkAccounts(db, matching, query);
  const found = await readMatches(db, listing, match, query);
  if (found === null)
    return walkAccounts(db, matching, query, { count: mostCounted, isExact: false });
  return presentPage(query, found, presentAccount, (last: Position) =>
    cursorAt(listing.order, last),
  );
}

async function walkAccounts(
  db: Database,
  listing: Listing<Account>,
  query: ListQuery,
  known?: Total,
) {
  const found = await walkList(db, listing, query, known);
  return presentPage(query, found, presentAccount, (last: Position) =>
    cursorAt(listing.order, last),
  );
}

/** Null if there are too many. */
async function readMatches(
  db: Database,
  { table, filter, order }: Listing<Account>,
  { condition }: Match,
  query: ListQuery,
): Promise<{ rows: Listed[]; total: Total } | null> {
  const after = query.cursor ? order.beyond(positionOf(order, query.cursor)) : everything;
  const { rows } = await sql<Listed & { read: number; total: number }>`
    ${planEachTime}
    WITH found AS MATERIALIZED (SELECT * FROM ${table} WHERE ${condition} LIMIT ${mostCounted + 1}),
         chosen AS MATERIALIZED (SELECT * FROM found WHERE ${filter}),
         page AS (SELECT *, ${order.key.asText} AS cursor_key FROM chosen WHERE ${after} ${order.clause}
                   LIMIT ${fetchedRows(query)} OFFSET ${offsetOf(query)})
    SELECT page.*, (SELECT count(*)::int FROM found) AS read, (SELECT count(*)::int FROM chosen) AS total
      FROM (SELECT) AS one LEFT JOIN page ON true ${order.clause}`.execute(db);
  const [first] = rows;
  if (first === undefined || first.read > mostCounted) return null;
  return { rows: rows.filter(({ id }) => id !== null), total: totalOf(first.total) };
}
