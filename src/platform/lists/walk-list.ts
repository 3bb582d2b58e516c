import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { planEachTime } from '../database/plan-each-time.ts';
import { fetchedRows, offsetOf, type PageQuery, type Total } from '../http/paging.ts';
import { everything, type Listing, readRows } from './list-rows.ts';
import { type Position, positionOf } from './order.ts';

/**
 * How many rows a statement reads: few enough that whoever waits for the embedded connection waits
 * briefly.
 */
const rowsOfSlice = 5000;

/** How many rows are read for one page, and again for its total. */
const mostRead = 50_000;

export type Reading = { sliceRows: number; mostRows: number };

const usualReading = { sliceRows: rowsOfSlice, mostRows: mostRead };

type Walked<Row> = { rows: (Row & Position)[]; total: Total; next: Position | null };

/**
 * A page where no index serves the filter: reads slice by slice in the order of the list, up to a
 * limit. `next` is where it stopped short of a full page. Without a known total, counts as far as
 * it reads.
 */
export async function walkList<Row>(
  db: Database,
  listing: Listing<Row>,
  query: PageQuery,
  known: Total | null = null,
  reading: Reading = usualReading,
): Promise<Walked<Row>> {
  const { order } = listing;
  const limit = fetchedRows(query);
  const start = query.cursor ? order.beyond(positionOf(order, query.cursor)) : everything;
  const isCounting = known === null && !query.cursor;
  const wanted = { start, offset: offsetOf(query), limit, isCounting };
  const walk = await readSlices(db, listing, wanted, reading);
  const { rows } = walk;
  const next = rows.length >= limit ? null : walk.stoppedAt;
  if (known !== null) return { rows, total: known, next };
  const { found, stoppedAt } = isCounting
    ? walk
    : await readSlices(db, listing, wholeList, reading);
  return { rows, total: { count: found, isExact: stoppedAt === null }, next };
}

const wholeList = { start: everything, offset: 0, limit: 0, isCounting: true };

type Walk = { start: RawBuilder<boolean>; offset: number; limit: number; isCounting: boolean };

/** `stoppedAt` is null at the end of the list. */
async function readSlices<Row>(
  db: Database,
  listing: Listing<Row>,
  { start, offset, limit, isCounting }: Walk,
  { sliceRows, mostRows }: Reading,
) {
  const rows: (Row & Position)[] = [];
  const isFull = () => rows.length >= limit;
  let [read, found, toSkip, rest] = [0, 0, offset, start];
  for (let stoppedAt: Position | null = null; ; ) {
    const isEnough = read >= mostRows || (isFull() && !isCounting);
    if (isEnough) return { rows, found, stoppedAt };
    // Where nothing is counted, a page of common rows is soon full.
    const size = read > 0 || isCounting ? sliceRows : Math.min(sliceRows, 20 * limit);
    const slice = await countSlice(db, listing, rest, size);
    if (slice.found > toSkip && !isFull()) {
      const missing = { offset: toSkip, limit: limit - rows.length };
      rows.push(...(await readRows(db, within(listing, rest, slice), missing)));
    }
    toSkip = Math.max(0, toSkip - slice.found);
    found += slice.found;
    if (slice.read < size) return { rows, found, stoppedAt: null };
    read += slice.read;
    stoppedAt = slice;
    rest = listing.order.beyond(slice);
  }
}

function within<Row>(
  listing: Listing<Row>,
  rest: RawBuilder<boolean>,
  slice: Position,
): Listing<Row> {
  return {
    ...listing,
    filter: sql`${listing.filter} AND ${rest} AND ${listing.order.upTo(slice)}`,
  };
}

/** With the position of its last row. */
type Slice = Position & { read: number; found: number };

async function countSlice(
  db: Database,
  { table, order, filter }: Listing,
  rest: RawBuilder<boolean>,
  sliceRows: number,
): Promise<Slice> {
  const { rows } = await sql<Slice>`
    ${planEachTime}
    SELECT (count(*) OVER ())::int AS read, (count(*) FILTER (WHERE ${filter}) OVER ())::int AS found,
           ${order.key.asText} AS cursor_key, id
      FROM (SELECT * FROM ${table} WHERE ${rest} ${order.clause} LIMIT ${sliceRows}) AS slice
     ${order.reversed().clause} LIMIT 1`.execute(db);
  return rows[0] ?? { read: 0, found: 0, cursor_key: '', id: '' };
}
