import {
  equalSecrets,
  hmacSha256,
  type SecretKeys,
  sha256,
} from '../../platform/crypto/secret-keys.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { unauthenticated } from '../../platform/errors.ts';
import { findAccount } from '../accounts/account-store.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { queueNotice } from '../outbox/queue-mail.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import { readProof } from './proof.ts';
import {
  invalidRefreshToken,
  type RefreshToken,
  refreshTokenHash,
  successorOf,
} from './refresh-token.ts';
import { rotateSession } from './rotate-session.ts';
import { sessionLifetimes } from './session-lifetimes.ts';
import { type LockedSession, lockSession, revokeSession } from './session-store.ts';
import { issueTokenPair } from './token-pair.ts';
import type { TokenProof } from './token-proof.ts';
import type { TokenPair } from './token-schemas.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'>;

/** Identifies a browser, roughly. */
export type Page = { network: string; userAgent: string };

export type Presented = {
  /** Null if this service did not issue it. */
  token: RefreshToken | null;
  idempotencyKey: string | undefined;
  /** The page that presents it in cookie mode; null for other clients. */
  page: Page | null;
};

// How long a lost response can be requested again with the same idempotency key.
const lostAnswerSeconds = 60;

/** Throws 401 `invalid_…`, `refresh_token_rotated` (a race) or `refresh_token_reused` (a theft). */
export async function rotateRefreshToken(
  deps: Deps,
  realm: Realm,
  presented: Presented,
): Promise<TokenPair> {
  const { token } = presented;
  if (token === null) throw invalidRefreshToken();
  const keys = deps.keys.current;
  const successor = successorOf(token, keys);
  const rotation = {
    sessionId: token.sessionId,
    generation: token.generation,
    presentedHash: refreshTokenHash(token),
    successorHash: refreshTokenHash(successor),
    keyId: keys.kid,
    idempotencyHash: hashOfKey(token, presented.idempotencyKey),
    rotatedByHash: hashOfPage(presented.page, successor, keys),
    idleSeconds: sessionLifetimes(deps.config, realm).idleSeconds,
  };
  const rotated = await rotateSession(deps.db, realm, rotation);
  if (rotated === null) return answerSpentToken(deps, realm, { ...presented, token });
  return issueTokenPair(deps, { realm, ...rotated, refreshToken: successor, keys });
}

type Spent = Presented & { token: RefreshToken };

/** Distinguishes a lost response, a race between two tabs, and theft. */
async function answerSpentToken(deps: Deps, realm: Realm, spent: Spent): Promise<TokenPair> {
  const verdict = await transact(deps.db, (trx) => judgeSpentToken(deps, trx, realm, spent));
  if (verdict === 'invalid') throw invalidRefreshToken();
  if (verdict === 'rotated') {
    throw unauthenticated('The refresh token was already used', 'refresh_token_rotated');
  }
  if (verdict === 'reused') {
    throw unauthenticated(
      'The refresh token was reused; the session has been ended',
      'refresh_token_reused',
    );
  }
  return issueTokenPair(deps, { realm, ...verdict });
}

type Repeat = {
  subjectId: string;
  proof: TokenProof;
  refreshToken: RefreshToken;
  keys: SecretKeys;
};

async function judgeSpentToken(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  spent: Spent,
): Promise<'invalid' | 'rotated' | 'reused' | Repeat> {
  const { token } = spent;
  const session = await lockSession(trx, realm, token.sessionId);
  if (!session?.usable || token.generation >= session.generation) return 'invalid';
  if (isParent(token, session)) {
    // The keys of that rotation, so that the successor comes out identical.
    const keys = deps.keys.find(session.key_id);
    if (keys !== null && mayRepeat(deps, session, spent, keys)) {
      const proof = { ...readProof(session), signingKeyId: session.signing_key_id };
      return {
        subjectId: session.subject_id,
        proof,
        refreshToken: successorOf(token, keys),
        keys,
      };
    }
    if (ageOf(session) <= deps.config.refreshRaceWindowSeconds) return 'rotated';
  }
  await endStolenSession(deps, trx, realm, session);
  return 'reused';
}

function isParent(token: RefreshToken, { generation, previous_hash }: LockedSession): boolean {
  return token.generation === generation - 1 && areEqual(previous_hash, refreshTokenHash(token));
}

/** Whether the client that rotated asks again: by idempotency key, or within the grace period. */
function mayRepeat(
  { config }: Pick<Deps, 'config'>,
  session: LockedSession,
  { token, idempotencyKey, page }: Spent,
  keys: SecretKeys,
): boolean {
  const age = ageOf(session);
  const hasKey = areEqual(session.idempotency_hash, hashOfKey(token, idempotencyKey));
  if (hasKey && age <= lostAnswerSeconds) return true;
  // A clock that was set back must not extend the grace period.
  if (age < 0) return false;
  if (age < config.refreshGraceSeconds) return true;
  const isSamePage = areEqual(
    session.rotated_by_hash,
    hashOfPage(page, successorOf(token, keys), keys),
  );
  return isSamePage && age < config.cookieRefreshGraceSeconds;
}

/** Seconds since the rotation by the database clock; negative if that was set back. */
function ageOf({ seconds_since_rotation: seconds }: LockedSession): number {
  return seconds ?? Number.POSITIVE_INFINITY;
}

async function endStolenSession(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  { id, subject_id }: LockedSession,
): Promise<void> {
  await revokeSession(trx, realm, { id }, 'refresh_token_reused');
  await recordEvent(deps, trx, {
    event: 'refresh_token_reused',
    outcome: 'failure',
    subject: partyOf(realm, subject_id),
    actor: null,
    details: { session_id: id },
  });
  const owner = await findAccount(trx, realm, subject_id);
  if (owner) await queueNotice(deps, trx, realm, owner, 'refresh_token_reused');
}

function hashOfKey({ sessionId }: RefreshToken, idempotencyKey: string | undefined): Buffer | null {
  return idempotencyKey === undefined ? null : sha256(`${sessionId}:${idempotencyKey}`);
}

/** Bound to its generation: an older release may leave the previous value in place. */
function hashOfPage(page: Page | null, successor: RefreshToken, keys: SecretKeys): Buffer | null {
  if (page === null) return null;
  const { sessionId, generation } = successor;
  return hmacSha256(
    keys.refreshClient,
    [sessionId, String(generation), page.network, page.userAgent].join('\0'),
  );
}

/** An absent value equals nothing, not even another absent value. */
function areEqual(stored: Buffer | null, presented: Buffer | null): boolean {
  return stored !== null && presented !== null && equalSecrets(stored, presented);
}
