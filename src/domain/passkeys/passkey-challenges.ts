import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { hmacSha256, sha256 } from '../../platform/crypto/secret-keys.ts';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
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
const mostOpenChallenges = 100;

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
  const challenge = { ...purpose, token, networkHash: networkHashOf(deps, network) };
  if (deps.config.rateLimitPerHour === 0) await insertUnlimited(deps.db, challenge);
  else if (!(await insertInSlot(deps.db, challenge))) throw await tooMany(deps, challenge, network);
  return token;
}

type NewChallenge = Purpose & { token: string; networkHash: Buffer };

function networkHashOf({ keys }: Pick<Deps, 'keys'>, network: string): Buffer {
  return hmacSha256(keys.current.throttle, 'passkey-challenge', '\0', network);
}

async function insertUnlimited(db: Database, challenge: NewChallenge): Promise<void> {
  await db
    .insertInto('passkey_challenges')
    .values({ ...rowOf(challenge), slot: null })
    .execute();
}

function rowOf({ ceremony, realm, asker, token, networkHash }: NewChallenge) {
  return {
    challenge_hash: sha256(token),
    ceremony,
    realm: realm.kind,
    subject_id: asker?.id ?? null,
    session_id: asker?.sessionId ?? null,
    network_hash: networkHash,
    expires_at: secondsFromNow(challengeSeconds),
  };
}

// So many requests of a network would have to choose the same slot at the same moment.
const mostTries = 20;

/**
 * False if no slot of the network is free. The unique slots are the limit, so that requests at once
 * hold up nobody: a lock would let one client keep all connections waiting.
 */
async function insertInSlot(db: Database, challenge: NewChallenge): Promise<boolean> {
  const row = rowOf(challenge);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const { rows } = await sql<{ hadFree: boolean; isMade: boolean }>`
      WITH free AS (
        SELECT slot FROM generate_series(1, ${mostOpenChallenges}::int) AS free_slots (slot)
         WHERE NOT EXISTS (SELECT FROM passkey_challenges AS taken
                            WHERE taken.network_hash = ${row.network_hash} AND taken.slot = free_slots.slot
                              AND taken.expires_at > now())
         ORDER BY random() LIMIT 1
      ), made AS (
        INSERT INTO passkey_challenges (challenge_hash, ceremony, realm, subject_id, session_id, network_hash, slot, expires_at)
        SELECT ${row.challenge_hash}::bytea, ${row.ceremony}::text, ${row.realm}::text, ${row.subject_id}::uuid,
               ${row.session_id}::uuid, ${row.network_hash}::bytea, slot, ${row.expires_at} FROM free
        ON CONFLICT (network_hash, slot) DO UPDATE SET
          challenge_hash = excluded.challenge_hash, ceremony = excluded.ceremony, realm = excluded.realm,
          subject_id = excluded.subject_id, session_id = excluded.session_id, expires_at = excluded.expires_at
        WHERE passkey_challenges.expires_at <= now()
        RETURNING slot
      )
      SELECT EXISTS (SELECT FROM free) AS "hadFree", EXISTS (SELECT FROM made) AS "isMade"`.execute(
      db,
    );
    if (rows[0]?.isMade) return true;
    if (!rows[0]?.hadFree) return false;
  }
  return false;
}

async function tooMany(deps: Deps, { networkHash }: NewChallenge, network: string) {
  const { allowed: isFirst } = await takeThrottle(deps, challengeRefusals, network);
  if (isFirst) await recordExceeded(deps, challengeRefusals, null);
  countRefusal(challengeRefusals);
  const first = await deps.db
    .selectFrom('passkey_challenges')
    .select(sql<number | null>`extract(epoch FROM min(expires_at) - now())::float8`.as('seconds'))
    .where('network_hash', '=', networkHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return rateLimited(Math.max(1, Math.ceil(first?.seconds ?? 1)));
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
