import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { fetchedRows, offsetOf, type PageQuery, type Total } from '../http/paging.ts';
import { everything, type Listing, readRows, totalOf } from './list-rows.ts';
import { type Position, positionOf } from './order.ts';

/** How many rows a statement reads: few enough that whoever waits for the embedded connection waits briefly. */
const rowsOfSlice = 5000;

/** How many rows are read for one page, and again for its total. */
const mostRead = 100_000;

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
  listing: Listing,
  query: PageQuery,
  known: Total | null = null,
  reading: Reading = usualReading,
): Promise<Walked<Row>> {
  const { order } = listing;
  const limit = fetchedRows(query);
  const start = query.cursor ? order.beyond(positionOf(order, query.cursor)) : everything;
  const isCounting = known === null && !query.cursor;
  const walk = await readSlices<Row>(
    db,
    listing,
    { start, offset: offsetOf(query), limit, isCounting },
    reading,
  );
  const next = walk.rows.length >= limit ? null : walk.stoppedAt;
  const counted = isCounting
    ? walk
    : known === null && (await readSlices(db, listing, { ...fromStart, isCounting: true }, reading));
  const total = counted ? { count: counted.found, isExact: counted.stoppedAt === null } : known;
  return { rows: walk.rows, total: total ?? totalOf(0), next };
}

const fromStart = { start: everything, offset: 0, limit: 0 };

type Walk = { start: RawBuilder<boolean>; offset: number; limit: number; isCounting: boolean };

/** `stoppedAt` is null at the end of the list. */
async function readSlices<Row>(
  db: Database,
  listing: Listing,
  { start, offset, limit, isCounting }: Walk,
  { sliceRows, mostRows }: Reading,
) {
  const { filter, order } = listing;
  const rows: (Row & Position)[] = [];
  let [found, skipped, rest] = [0, 0, start];
  let stoppedAt: Position | null = null;
  for (let read = 0; read < mostRows && (isCounting || rows.length < limit); read += sliceRows) {
    const slice = await countSlice(db, listing, rest, sliceRows);
    stoppedAt = null;
    if (slice === undefined) break;
    const toSkip = offset - skipped;
    if (slice.found > toSkip && rows.length < limit) {
      const within = sql<boolean>`${filter} AND ${rest} AND ${order.upTo(slice)}`;
      const missing = limit - rows.length;
      rows.push(
        ...(await readRows<Row>(db, { ...listing, filter: within }, { offset: toSkip, limit: missing })),
      );
    }
    skipped += Math.min(toSkip, slice.found);
    found += slice.found;
    if (slice.read < sliceRows) break;
    stoppedAt = slice;
    rest = order.beyond(slice);
  }
  return { rows, found, stoppedAt };
}

/** With the position of its last row. */
type Slice = Position & { read: number; found: number };

async function countSlice(
  db: Database,
  { table, order, filter }: Listing,
  rest: RawBuilder<boolean>,
  sliceRows: number,
): Promise<Slice | undefined> {
  const { rows } = await sql<Slice>`
    SELECT (count(*) OVER ())::int AS read, (count(*) FILTER (WHERE ${filter}) OVER ())::int AS found,
           ${order.key.asText} AS cursor_key, id
      FROM (SELECT * FROM ${table} WHERE ${rest} ${order.clause} LIMIT ${sliceRows}) AS slice
     ${order.reversed().clause} LIMIT 1`.execute(db);
  return rows[0];
}
