import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../http/paging.ts';
import { cursorTime, text } from '../http/schemas.ts';

/** What a list is sorted by, before the id. */
export type SortKey = {
  value: RawBuilder<unknown>;
  /** The value as text, in full. */
  asText: RawBuilder<string>;
  /** Accepts the text of a cursor. */
  schema: z.ZodType<string>;
  fromText(key: string): RawBuilder<unknown>;
  /** How many rows a page by number may skip, which costs as much as reading them. */
  mostSkipped: number;
};

export function timeKey(column: string): SortKey {
  const value = sql.ref(column);
  return {
    value,
    // Microseconds: JavaScript's milliseconds would skip rows or give them twice.
    asText: sql`to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    schema: cursorTime,
    fromText: (key) => sql`${key}::timestamptz`,
    // Rows lie in the order of time; in any other, each is somewhere else.
    mostSkipped: 500_000,
  };
}

export function textKey(value: RawBuilder<string>): SortKey {
  return {
    value,
    asText: value,
    schema: text(300),
    fromText: (key) => sql`${key}::text COLLATE "C"`,
    mostSkipped: 100_000,
  };
}

/** For a few small numbers. */
export function rankKey(value: RawBuilder<number>): SortKey {
  return {
    value,
    asText: sql`(${value})::text`,
    schema: z.string().regex(/^\d$/),
    fromText: (key) => sql`${key}::integer`,
    mostSkipped: 100_000,
  };
}

/** Where a row stands in the order of its list. */
export type Position = { cursor_key: string; id: string };

/** How a list is sorted, in SQL: by a key, then by id, both in the same direction. */
export type Order = {
  name: string;
  key: SortKey;
  clause: RawBuilder<unknown>;
  beyond(position: Position): RawBuilder<boolean>;
  /** The rows before it, and itself. */
  upTo(position: Position): RawBuilder<boolean>;
  reversed(): Order;
};

/** `name` is in every cursor, so that a cursor of another order is refused. */
export function orderBy(name: string, key: SortKey, direction: 'up' | 'down'): Order {
  const [before, after] = direction === 'up' ? [sql`<`, sql`>`] : [sql`>`, sql`<`];
  const compare = (operator: RawBuilder<unknown>, { cursor_key, id }: Position) =>
    sql<boolean>`(${key.value}, id) ${operator} (${key.fromText(cursor_key)}, ${id}::uuid)`;
  return {
    name,
    key,
    clause:
      direction === 'up'
        ? sql`ORDER BY ${key.value}, id`
        : sql`ORDER BY ${key.value} DESC, id DESC`,
    beyond: (position) => compare(after, position),
    upTo: (position) => compare(sql`${before}=`, position),
    reversed: () => orderBy(name, key, direction === 'up' ? 'down' : 'up'),
  };
}

export function cursorAt({ name }: Order, { cursor_key, id }: Position): string {
  return encodeCursor(name, cursor_key, id);
}

/** Throws 422 where it is no cursor of this order. */
export function positionOf({ name, key }: Order, cursor: string): Position {
  const content = z.tuple([z.literal(name), key.schema, z.uuid()]);
  const [, cursor_key, id] = decodeCursor(cursor, content);
  return { cursor_key, id };
}
