import { sql } from 'kysely';
import { hmacSha256, type KeyRing } from '../../platform/crypto/secret-keys.ts';
import { compileOnce } from '../../platform/database/compile-once.ts';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { foldCase } from '../../platform/fold-case.ts';
import type { ThrottlePolicy } from './throttle-policy.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    throttles: ThrottleRow;
  }
}

type ThrottleRow = { policy: string; key_hash: Buffer; count: number; resets_at: Date };

type Deps = { db: Database | Transaction; keys: KeyRing };
type Taken = { allowed: boolean; isFirstRefusal: boolean; retryAfterSeconds: number };

/**
 * Counts one more and tells whether it is within the limit. One statement does both, so that
 * parallel requests cannot exceed the limit. Refusals do not extend the window. If the clock was
 * set back, the window ends no later than one that begins now. Outside a transaction the count is
 * committed at once, even if the request fails later (CVE-2026-35597).
 */
export async function takeThrottle(
  deps: Deps,
  policy: ThrottlePolicy,
  key: string,
): Promise<Taken> {
  const { rows } = await sql<{ count: number; seconds: number }>`
    INSERT INTO throttles (policy, key_hash, count, resets_at)
    VALUES (${policy.name}, ${digestOf(deps, policy, key)}, 1, now() + make_interval(secs => ${policy.windowSeconds}))
    ON CONFLICT (policy, key_hash) DO UPDATE SET
      count = CASE WHEN throttles.resets_at <= now() THEN 1 ELSE least(throttles.count, ${policy.limit + 1}) + 1 END,
      resets_at = CASE WHEN throttles.resets_at <= now() THEN excluded.resets_at ELSE least(throttles.resets_at, excluded.resets_at) END
    RETURNING count, extract(epoch FROM resets_at - now())::float8 AS seconds`.execute(deps.db);
  const { count, seconds } = rows[0] ?? { count: 1, seconds: 0 };
  return taken(policy, count, seconds);
}

type Peeked = { policy: ThrottlePolicy; key: string };

/** For each, in one statement: whether one more would be within the limit, without counting it. */
export async function peekThrottles<Wanted extends Peeked>(
  deps: Deps,
  wanted: readonly Wanted[],
): Promise<(Wanted & Taken)[]> {
  if (wanted.length === 0) return [];
  const digests = wanted.map((one) => ({ one, digest: digestOf(deps, one.policy, one.key) }));
  const rows = await readRunning(deps.db, {
    policies: wanted.map(({ policy }) => policy.name),
    digests: digests.map(({ digest }) => digest),
  });
  return digests.map(({ one, digest }) => {
    const { name } = one.policy;
    const row = rows.find((found) => found.policy === name && digest.equals(found.key_hash));
    return { ...one, ...taken(one.policy, (row?.count ?? 0) + 1, row?.seconds ?? 0) };
  });
}

type RunningRow = Pick<ThrottleRow, 'policy' | 'key_hash' | 'count'> & { seconds: number };

/**
 * LIMIT makes it a look into the index for each. A plan that was made and kept while the table was
 * small would otherwise read all of it, and a flood of guesses makes it large.
 */
const readRunning = compileOnce<{ policies: string[]; digests: Buffer[] }, RunningRow>(
  (value) => sql`
    SELECT policy, key_hash, count, extract(epoch FROM resets_at - now())::float8 AS seconds
      FROM unnest(${value('policies')}::text[], ${value('digests')}::bytea[]) AS wanted (named, digest),
           LATERAL (SELECT policy, key_hash, count, resets_at FROM throttles
                     WHERE policy = named AND key_hash = digest LIMIT 1) AS found
     WHERE resets_at > now()`,
);

/** `count` includes the current request. */
function taken({ limit, windowSeconds }: ThrottlePolicy, count: number, seconds: number): Taken {
  return {
    allowed: count <= limit,
    isFirstRefusal: count === limit + 1,
    retryAfterSeconds: Math.max(1, Math.ceil(Math.min(seconds, windowSeconds))),
  };
}

/** The count in the running window; null if there is none. */
export async function readThrottle(deps: Deps, policy: ThrottlePolicy, key: string) {
  const query = deps.db.selectFrom('throttles').select(['count', 'resets_at']);
  const row = await query
    .where('policy', '=', policy.name)
    .where('key_hash', '=', digestOf(deps, policy, key))
    .where('resets_at', '>', now)
    .executeTakeFirst();
  return row ?? null;
}

export async function clearThrottle(
  deps: Deps,
  policy: ThrottlePolicy,
  key: string,
): Promise<void> {
  const query = deps.db.deleteFrom('throttles').where('policy', '=', policy.name);
  await query.where('key_hash', '=', digestOf(deps, policy, key)).execute();
}

/** After the clock was set back, no window may end later than one that begins now. */
export async function shortenThrottles(
  db: Database,
  policies: readonly ThrottlePolicy[],
): Promise<void> {
  for (const { name, windowSeconds } of policies) {
    const latest = secondsFromNow(windowSeconds);
    const query = db.updateTable('throttles').set({ resets_at: latest }).where('policy', '=', name);
    await query.where('resets_at', '>', latest).execute();
  }
}

export async function deletePastThrottles(db: Database): Promise<void> {
  const past = sql`SELECT policy, key_hash FROM throttles WHERE resets_at <= now() LIMIT ${cleanUpRows}`;
  await sql`DELETE FROM throttles WHERE (policy, key_hash) IN (${past})`.execute(db);
}

/**
 * A keyed digest, so that the table does not reveal which addresses were typed. It folds case as
 * the database does (`COLLATE "C"`): otherwise unknown names would be counted differently from
 * known ones, which reveals accounts.
 */
function digestOf({ keys }: Pick<Deps, 'keys'>, policy: ThrottlePolicy, key: string): Buffer {
  return hmacSha256(keys.current.throttle, policy.name, '\0', foldCase(key));
}
