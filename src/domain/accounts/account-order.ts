import { sql } from 'kysely';
import { type Order, orderBy, type SortKey, textKey, timeKey } from '../../platform/lists/order.ts';

export const sortOrders = [
  '-created_at',
  'created_at',
  'username',
  '-username',
  'email',
  '-email',
] as const;

type Sort = (typeof sortOrders)[number];

const keys: Record<string, SortKey> = {
  created_at: timeKey('created_at'),
  // Whoever has no username comes before all others: a cursor could not be compared with NULL.
  username: textKey(sql`coalesce(lower(username), '')`),
  email: textKey(sql`lower(email)`),
};

export function orderOf(sort: Sort): Order {
  const key = keys[sort.replace('-', '')];
  if (key === undefined) throw new Error(`no accounts are sorted by ${sort}`);
  return orderBy(sort, key, sort.startsWith('-') ? 'down' : 'up');
}
