import type { Dependencies } from '../../dependencies.ts';
import { unauthenticated } from '../../errors.ts';
import { equalSecrets, sha256 } from '../../platform/crypto/secret-keys.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { findAccount } from '../accounts/account-store.ts';
import { partyOf, type Realm, sessionLifetimes } from '../accounts/realms.ts';
import { recordEvent } from '../audit-log/record-event.ts';
import { queueNotice } from '../mail/queue-mail.ts';
import {
  decodeRefreshToken,
  invalidRefreshToken,
  type RefreshToken,
  refreshTokenHash,
  successorOf,
} from './refresh-token.ts';
import { lockSession, revokeSession, rotateSession } from './session-store.ts';
import { issueTokenPair, type TokenPair } from './token-pair.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'>;

// How long the answer of a refresh can be asked for again with the key of the first attempt.
const lostAnswerSeconds = 60;

/**
 * Gives the successor of a refresh token and kills the token. Throws 401 `invalid_refresh_token`,
 * `refresh_token_rotated` (a race: nobody is punished) or `refresh_token_reused` (the session is ended).
 */
export async function rotateRefreshToken(
  deps: Deps,
  realm: Realm,
  presented: { token: string; idempotencyKey: string | undefined },
): Promise<TokenPair> {
  const token = decodeRefreshToken(presented.token, realm.kind, deps.keys);
  if (token === null) throw invalidRefreshToken();
  const keys = deps.keys.current;
  const successor = successorOf(token, keys);
  const idempotencyHash = hashOfKey(token.sessionId, presented.idempotencyKey);
  const rotation = {
    sessionId: token.sessionId,
    generation: token.generation,
    presentedHash: refreshTokenHash(token),
    successorHash: refreshTokenHash(successor),
    keyId: keys.kid,
    idempotencyHash,
  };
  const rotated = await rotateSession(deps.db, realm, rotation, sessionLifetimes(deps.config, realm));
  if (rotated === null) return answerSpentToken(deps, realm, token, idempotencyHash);
  const { subjectId } = rotated;
  return issueTokenPair(deps, { realm, subjectId, refreshToken: successor, keys });
}

/** Tells a lost answer, a race of two tabs and a theft apart (security.md § 2.2). */
async function answerSpentToken(
  deps: Deps,
  realm: Realm,
  token: RefreshToken,
  key: Buffer | null,
): Promise<TokenPair> {
  const verdict = await transact(deps.db, (trx) => judgeSpentToken(deps, trx, realm, token, key));
  if (verdict === 'invalid') throw invalidRefreshToken();
  if (verdict === 'rotated') {
    throw unauthenticated('The refresh token was already used', 'refresh_token_rotated');
  }
  if (verdict === 'reused') {
    throw unauthenticated('The refresh token was used before; the session is ended', 'refresh_token_reused');
  }
  return issueTokenPair(deps, { realm, ...verdict });
}

type Repeat = {
  subjectId: string;
  refreshToken: RefreshToken;
  keys: Deps['keys']['current'];
};

async function judgeSpentToken(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  token: RefreshToken,
  key: Buffer | null,
): Promise<'invalid' | 'rotated' | 'reused' | Repeat> {
  const session = await lockSession(trx, realm, token.sessionId);
  if (!session?.usable || token.generation >= session.generation) return 'invalid';
  // A clock that was set back must not count as grace.
  const age = Math.max(0, session.seconds_since_rotation ?? Number.POSITIVE_INFINITY);
  const isParent =
    token.generation === session.generation - 1 &&
    session.previous_hash !== null &&
    equalSecrets(session.previous_hash, refreshTokenHash(token));
  // The keys that made the successor then, so that it comes out bit for bit the same.
  const keys = deps.keys.find(session.key_id);
  const sameKey =
    key !== null && session.idempotency_hash !== null && equalSecrets(key, session.idempotency_hash);
  const mayRepeat = (sameKey && age <= lostAnswerSeconds) || age < deps.config.refreshGraceSeconds;
  if (isParent && keys !== null && mayRepeat) {
    const refreshToken = successorOf(token, keys);
    return { subjectId: session.subject_id, refreshToken, keys };
  }
  if (isParent && age <= deps.config.refreshRaceWindowSeconds) return 'rotated';
  await revokeSession(trx, realm, { id: token.sessionId }, 'refresh_token_reused');
  const subject = partyOf(realm, session.subject_id);
  const details = { session_id: token.sessionId };
  await recordEvent(deps, trx, {
    event: 'refresh_token_reused',
    outcome: 'failure',
    subject,
    actor: null,
    details,
  });
  const owner = await findAccount(trx, realm, session.subject_id);
  if (owner) await queueNotice(deps, trx, realm, owner, 'refresh_token_reused');
  return 'reused';
}

function hashOfKey(sessionId: string, idempotencyKey: string | undefined): Buffer | null {
  return idempotencyKey === undefined ? null : sha256(`${sessionId}:${idempotencyKey}`);
}
