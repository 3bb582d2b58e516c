import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { hmacSha256, sha256 } from '../../platform/crypto/secret-keys.ts';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  transact,
} from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { rateLimited } from '../../platform/errors.ts';
import { networkOf } from '../../platform/http/client-address.ts';
import { countRefusal } from '../../platform/rate-limit/refusal-count.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Realm } from '../realms/realms.ts';
import { recordExceeded } from '../throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../throttles/throttle-policy.ts';
import { takeThrottle } from '../throttles/throttle-store.ts';
import type { Ceremony } from './passkey-rows.ts';

export const challengeSeconds = durations.minutes(5);
export const mostOpenChallenges = 100;

/** The first refusal of a network in a window is recorded; the open rows themselves are counted. */
export const challengeRefusals: ThrottlePolicy = {
  name: 'passkey-challenges',
  limit: 1,
  windowSeconds: challengeSeconds,
  keysOf: () => [],
};

/** Only who asked, in the session in which it was asked, may use a challenge for a new passkey. */
type Asker = { id: string; sessionId: string };
type Purpose = { ceremony: Ceremony; realm: Realm; asker?: Asker };

type Deps = Pick<Dependencies, 'db' | 'keys' | 'config' | 'logger'>;

/**
 * A new token: the challenge itself where a passkey is made, what the challenge is derived from
 * where one is used. Throws 429 if the network of the address has too many open ones, unless limits
 * of addresses are off.
 */
export async function issueChallenge(deps: Deps, purpose: Purpose, ip: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const network = networkOf(ip, deps.config.rateLimitIpv6Prefix);
  const retryAfterSeconds = await insertWithinLimit(deps, purpose, token, network);
  if (retryAfterSeconds === null) return token;
  const { allowed: isFirst } = await takeThrottle(deps, challengeRefusals, network);
  if (isFirst) await recordExceeded(deps, challengeRefusals, null);
  countRefusal(challengeRefusals);
  throw rateLimited(retryAfterSeconds);
}

/** Counting and inserting under a lock: parallel requests get past the limit no more than others. */
function insertWithinLimit(
  { db, keys, config }: Deps,
  { ceremony, realm, asker }: Purpose,
  token: string,
  network: string,
): Promise<number | null> {
  const networkHash = hmacSha256(keys.current.throttle, 'passkey-challenge', '\0', network);
  return transact(db, async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${networkHash.readBigInt64BE().toString()}::bigint)`.execute(
      trx,
    );
    const { rows } = await sql<{ count: number; seconds: number }>`
      SELECT count(*)::int AS count, extract(epoch FROM min(expires_at) - now())::float8 AS seconds
        FROM passkey_challenges WHERE network_hash = ${networkHash} AND expires_at > now()`.execute(
      trx,
    );
    const { count, seconds } = rows[0] ?? { count: 0, seconds: 0 };
    if (count >= mostOpenChallenges && config.rateLimitPerHour > 0)
      return Math.max(1, Math.ceil(seconds));
    await trx
      .insertInto('passkey_challenges')
      .values({
        challenge_hash: sha256(token),
        ceremony,
        realm: realm.kind,
        subject_id: asker?.id ?? null,
        session_id: asker?.sessionId ?? null,
        network_hash: networkHash,
        expires_at: secondsFromNow(challengeSeconds),
      })
      .execute();
    return null;
  });
}

/**
 * Checks and burns the challenge in one statement; false if it is not open, or was asked for
 * another purpose. Call it before what is signed is verified: an answer that fails has had its try.
 */
export async function burnChallenge(
  db: Database,
  { ceremony, realm, asker }: Purpose,
  token: string,
): Promise<boolean> {
  let query = db
    .deleteFrom('passkey_challenges')
    .where('challenge_hash', '=', sha256(token))
    .where('ceremony', '=', ceremony)
    .where('realm', '=', realm.kind)
    .where('expires_at', '>', now);
  if (asker !== undefined)
    query = query.where('subject_id', '=', asker.id).where('session_id', '=', asker.sessionId);
  return (await query.executeTakeFirst()).numDeletedRows === 1n;
}

/**
 * What the authenticator signs to use a passkey. Not the token itself, which only who asked for the
 * challenge has: a recorded answer of an authenticator is of no use without it.
 */
export function challengeOf(token: string): Buffer {
  return sha256(`passkey challenge\0${token}`);
}

export async function deleteChallengesOf(db: Database, subjectId: string): Promise<void> {
  await db.deleteFrom('passkey_challenges').where('subject_id', '=', subjectId).execute();
}

export async function deletePastChallenges(db: Database): Promise<void> {
  const past = db.selectFrom('passkey_challenges').select('challenge_hash');
  const some = past.where('expires_at', '<=', now).limit(cleanUpRows);
  await db.deleteFrom('passkey_challenges').where('challenge_hash', 'in', some).execute();
}
