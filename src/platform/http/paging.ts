import { z } from 'zod';
import { invalid } from '../errors.ts';
import { text } from './schemas.ts';

/** The parameters of every list; `extend` it with filters. Unknown parameters are refused. */
export function pageQuery(exampleCursor: string) {
  return z.strictObject({
    page: z.coerce.number().int().min(1).max(1_000_000).default(1),
    page_size: z.coerce.number().int().min(1).max(100).default(10),
    cursor: text(500)
      .optional()
      .describe(
        '`next_cursor` of the previous page; `page` is then ignored. Any other text, or a cursor of another sort order, is 422',
      )
      .meta({ example: exampleCursor }),
  });
}

export type PageQuery = { page: number; page_size: number; cursor?: string | undefined };

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item).max(100),
    total: z.int(),
    total_is_exact: z.boolean().describe('False: `total` is where counting stopped'),
    page: z.int(),
    page_size: z.int().meta({ example: 10 }),
    total_pages: z.int(),
    next_cursor: z
      .string()
      .max(500)
      .nullable()
      .describe('Null on the last page; a search may go on after a page that is not full')
      .meta({ example: null }),
  });
}

export function offsetOf({ page, page_size, cursor }: PageQuery): number {
  return cursor ? 0 : (page - 1) * page_size;
}

/** One row more than a page shows, to know whether there is a next page. */
export function fetchedRows({ page_size }: PageQuery): number {
  return page_size + 1;
}

/** `isExact` is false if there are, or may be, more. */
export type Total = { count: number; isExact: boolean };

/** `rows` are those fetched with `fetchedRows`; `next`, where reading stopped short of them. */
export function presentPage<Row extends Next, Item, Next>(
  { page, page_size }: PageQuery,
  { rows, total, next = null }: { rows: readonly Row[]; total: Total; next?: Next | null },
  present: (row: Row) => Item,
  cursorAfter: (last: Next) => string,
) {
  const shown = rows.slice(0, page_size);
  const last = rows.length > page_size ? (shown.at(-1) ?? null) : next;
  return {
    items: shown.map(present),
    total: total.count,
    total_is_exact: total.isExact,
    page,
    page_size,
    total_pages: Math.ceil(total.count / page_size),
    next_cursor: last === null ? null : cursorAfter(last),
  };
}

export function encodeCursor(...content: unknown[]): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Throws a 422 for an invalid cursor, so that its values never reach the database. */
export function decodeCursor<T>(cursor: string, content: z.ZodType<T>): T {
  try {
    return content.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw invalid({
      field: 'cursor',
      message: 'is not a cursor of this list',
      type: 'invalid_cursor',
    });
  }
}
