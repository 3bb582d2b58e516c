import type { Database } from '../database/database.ts';
import { type AppError, invalid } from '../errors.ts';
import { fetchedRows, offsetOf, type PageQuery, presentPage, type Total } from '../http/paging.ts';
import { countUpTo, type Listing, readRows } from './list-rows.ts';
import { cursorAt, type Position, positionOf } from './order.ts';

/** A page by cursor costs the same however deep; by number, its distance from the nearer end. */
export async function listPage<Row, Item>(
  db: Database,
  listing: Listing<Row>,
  query: PageQuery,
  present: (row: Row & Position) => Item,
  count: () => Promise<Total> = () => countUpTo(db, listing),
) {
  const total = await count();
  const rows = await readPage(db, listing, query, total);
  return presentPage(query, { rows, total }, present, (last: Position) =>
    cursorAt(listing.order, last),
  );
}

async function readPage<Row>(
  db: Database,
  listing: Listing<Row>,
  query: PageQuery,
  total: Total,
): Promise<(Row & Position)[]> {
  const { order } = listing;
  const [offset, limit] = [offsetOf(query), fetchedRows(query)];
  if (query.cursor) {
    const after = order.beyond(positionOf(order, query.cursor));
    return readRows(db, listing, { after, offset: 0, limit });
  }
  const behind = total.count - offset - limit;
  const there = limit + Math.min(0, behind);
  if (total.isExact && there <= 0) return [];
  const isNearEnd = total.isExact && behind < offset;
  const skipped = isNearEnd ? Math.max(0, behind) : offset;
  if (skipped > order.key.mostSkipped) throw tooDeep(order.key.mostSkipped);
  if (!isNearEnd) return readRows(db, listing, { offset, limit });
  const reversed = { ...listing, order: order.reversed() };
  const rows = await readRows(db, reversed, { offset: skipped, limit: there });
  return rows.toReversed();
}

function tooDeep(mostSkipped: number): AppError {
  const message = `skips more than ${mostSkipped} rows; follow next_cursor`;
  return invalid({ field: 'page', message, type: 'too_deep' });
}
