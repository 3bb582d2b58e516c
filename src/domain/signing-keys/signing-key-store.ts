import { type RawBuilder, sql } from 'kysely';
import {
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import type { SigningKeyRow } from './signing-key-row.ts';

/** In that time other services read a new key before it signs. */
const publishedSeconds = durations.minutes(10);

/** Longer than any access token lives. */
const tokenSeconds = durations.minutes(61);

/**
 * The key that signs now. A statement that opens or renews a session reads it: what this process
 * remembers may have been revoked. If the clock was set back, it is the one that comes first.
 */
export const currentSigningKey: RawBuilder<string | null> = sql<string | null>`(
  SELECT kid FROM signing_keys WHERE signs_from IS NOT NULL AND revoked_at IS NULL
   ORDER BY greatest(signs_from, now()), signs_from DESC LIMIT 1)`;

/** For the query that loads the caller, so that a revocation counts with the next request. */
export function isGoodKey(kid: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`EXISTS (SELECT FROM signing_keys WHERE kid = ${kid} AND revoked_at IS NULL)`;
}

/** Those that are not revoked, the newest first; one without `signs_from` is the next. */
export function listSigningKeys(db: Database): Promise<SigningKeyRow[]> {
  return db
    .selectFrom('signing_keys')
    .selectAll()
    .where('revoked_at', 'is', null)
    .orderBy(sql`signs_from DESC NULLS FIRST, created_at DESC`)
    .execute();
}

type NewKey = Pick<SigningKeyRow, 'kid' | 'algorithm' | 'private_key' | 'key_id'>;

/** As the next one. */
export async function insertSigningKey(trx: Transaction, key: NewKey): Promise<void> {
  await trx
    .insertInto('signing_keys')
    .values({ ...key, created_at: now })
    .execute();
}

/** From now on, or as soon as it has been published for ten minutes. */
export async function letSign(
  trx: Transaction,
  kid: string,
  when: 'now' | 'published',
): Promise<void> {
  const published = sql<Date>`greatest(now(), created_at + make_interval(secs => ${publishedSeconds}))`;
  await trx
    .updateTable('signing_keys')
    .set({ signs_from: when === 'now' ? now : published })
    .where('kid', '=', kid)
    .execute();
}

export async function replaceSealed(trx: Transaction, { kid, ...sealed }: NewKey): Promise<void> {
  await trx.updateTable('signing_keys').set(sealed).where('kid', '=', kid).execute();
}

/** Of some keys, or of all; gives the ids of those that were good. */
export async function revokeSigningKeys(
  trx: Transaction,
  kids?: readonly string[],
): Promise<string[]> {
  let query = trx
    .updateTable('signing_keys')
    .set({ revoked_at: now })
    .where('revoked_at', 'is', null);
  if (kids !== undefined) query = query.where('kid', 'in', kids);
  return (await query.returning('kid').execute()).map(({ kid }) => kid);
}

/** Those that neither signed nor were revoked within the life of a token. */
export async function deleteRetiredKeys(db: Database): Promise<void> {
  const before = secondsFromNow(-tokenSeconds);
  await db
    .deleteFrom('signing_keys')
    .where((eb) =>
      eb.or([
        eb('revoked_at', '<', before),
        eb('signs_from', '<', (inner) =>
          inner
            .selectFrom('signing_keys as newer')
            .select(({ fn }) => fn.max('newer.signs_from').as('taken_over'))
            .where('newer.signs_from', '<', before),
        ),
      ]),
    )
    .execute();
}

export async function isRotationDue(db: Database, afterDays: number): Promise<boolean> {
  const query = db
    .selectFrom('signing_keys')
    .select(
      sql<boolean>`coalesce(max(signs_from), '-infinity') < now() - make_interval(days => ${afterDays})`.as(
        'is_due',
      ),
    )
    .where('revoked_at', 'is', null);
  return (await query.executeTakeFirst())?.is_due === true;
}

/** When the key began to sign that signs now; null if there is none. */
export async function readSigningSince(db: Database): Promise<Date | null> {
  const row = await db
    .selectFrom('signing_keys')
    .select(({ fn }) => fn.max('signs_from').as('since'))
    .where('signs_from', '<=', now)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row?.since ?? null;
}

/** How many keys each secret encrypts, by its id. */
export async function countSigningKeysByKey(db: Database): Promise<Map<string, number>> {
  const query = db
    .selectFrom('signing_keys')
    .select(['key_id', sql<number>`count(*)::int`.as('count')])
    .where('revoked_at', 'is', null);
  const rows = await query.groupBy('key_id').execute();
  return new Map(rows.map(({ key_id, count }) => [key_id, count]));
}
