import type { Database } from '../database/database.ts';
import { invalid } from '../errors.ts';
import { fetchedRows, offsetOf, type PageQuery, presentPage, type Total } from '../http/paging.ts';
import { countUpTo, type Listing, readRows } from './list-rows.ts';
import { cursorAt, type Position, positionOf } from './order.ts';

/** Skipping costs as much as reading. Beyond this, a list of unknown length is read by cursor only. */
const mostSkipped = 100_000;

/**
 * One page of a list. A page by cursor costs the same however deep; a page by number costs its
 * distance from the nearer end. `count` gives the total, if somebody keeps it.
 */
export async function listPage<Row, Item>(
  db: Database,
  listing: Listing,
  query: PageQuery,
  present: (row: Row & Position) => Item,
  count: () => Promise<Total> = () => countUpTo(db, listing),
) {
  const total = await count();
  const rows = await readPage<Row>(db, listing, query, total);
  return presentPage(query, { rows, total }, present, (last: Position) => cursorAt(listing.order, last));
}

async function readPage<Row>(
  db: Database,
  listing: Listing,
  query: PageQuery,
  total: Total,
): Promise<(Row & Position)[]> {
  const { order } = listing;
  const [offset, limit] = [offsetOf(query), fetchedRows(query)];
  if (query.cursor) {
    const after = order.beyond(positionOf(order, query.cursor));
    return readRows(db, listing, { after, offset: 0, limit });
  }
  if (!total.isExact) requireNearStart(offset);
  if (!total.isExact || offset <= total.count / 2) return readRows(db, listing, { offset, limit });
  const behind = total.count - offset - limit;
  const there = limit + Math.min(0, behind);
  if (there <= 0) return [];
  const reversed = { ...listing, order: order.reversed() };
  const rows = await readRows<Row>(db, reversed, { offset: Math.max(0, behind), limit: there });
  return rows.toReversed();
}

function requireNearStart(offset: number): void {
  if (offset <= mostSkipped) return;
  const message = `skips more than ${mostSkipped} rows; follow next_cursor`;
  throw invalid({ field: 'page', message, type: 'too_deep' });
}
