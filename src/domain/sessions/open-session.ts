import { randomUUIDv7 } from 'node:crypto';
import { sha256 } from '../../platform/crypto/secret-keys.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { wideNetworkOf } from '../../platform/http/client-address.ts';
import type { Credentials } from '../accounts/account-credentials.ts';
import { confirmSignIn } from '../accounts/confirm-sign-in.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { queueNotice } from '../outbox/queue-mail.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import { describeDevice } from './describe-device.ts';
import {
  evictIdleSessions,
  insertSession,
  lookAtSessions,
  type NewSession,
} from './insert-session.ts';
import { type ProofMethod, showsSecondFactor } from './proof.ts';
import { firstRefreshToken, refreshTokenHash } from './refresh-token.ts';
import { sessionLifetimes } from './session-lifetimes.ts';
import { issueTokenPair } from './token-pair.ts';
import type { TokenProof } from './token-proof.ts';
import type { TokenPair } from './token-schemas.ts';

const maxLiveSessions = 50;

export type Client = { ip: string; userAgent: string | undefined };

export type Verified = Pick<Credentials, 'id' | 'email' | 'password_version'>;

export type Opening = {
  client: Client;
  /** What the person has shown, in all steps. */
  methods: readonly ProofMethod[];
  /** Burns what the sign-in uses up, in its transaction; false opens nothing. */
  burn?: (trx: Transaction) => Promise<boolean>;
  /**
   * For a sign-in that also changes the account: the same, but first, and with what is verified
   * now; null opens nothing.
   */
  prepare?: (trx: Transaction) => Promise<Verified | null>;
};

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'>;

/**
 * Opens a session; null if the account ended, its password changed since it was verified, or it has
 * a second factor and `methods` has none: so no way of signing in leads around the second factor.
 */
export async function openSession(
  deps: Deps,
  realm: Realm,
  verified: Verified,
  { client, methods, burn, prepare }: Opening,
): Promise<TokenPair | null> {
  const keys = deps.keys.current;
  const refreshToken = firstRefreshToken(randomUUIDv7());
  const session = {
    id: refreshToken.sessionId,
    subjectId: verified.id,
    keyId: keys.kid,
    tokenHash: refreshTokenHash(refreshToken),
    ip: client.ip,
    userAgent: storableUserAgent(client.userAgent),
    deviceHash: deviceHash(client),
    methods,
  };
  const proof = await transact(deps.db, async (trx) => {
    const shown = { showsSecondFactor: showsSecondFactor(methods) };
    const current = prepare ? await prepare(trx) : verified;
    if (current === null || !(await confirmSignIn(trx, realm, current, shown)))
      throw new NotOpenedError();
    if (burn && !(await burn(trx))) throw new NotOpenedError();
    return insert(deps, trx, realm, current, session);
  }).catch(nullIfNotOpened);
  if (proof === null) return null;
  return issueTokenPair(deps, { realm, subjectId: verified.id, proof, refreshToken, keys });
}

async function insert(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  verified: Verified,
  session: NewSession,
): Promise<TokenProof> {
  const { isNewDevice, live } = await lookAtSessions(trx, realm, session);
  const proof = await insertSession(trx, realm, session, sessionLifetimes(deps.config, realm));
  // The lock on the account keeps others from adding one.
  if (live >= maxLiveSessions) await evictIdleSessions(trx, realm, verified.id, maxLiveSessions);
  if (isNewDevice) {
    const from = { device: describeDevice(session.userAgent), ip: session.ip };
    await queueNotice(deps, trx, realm, verified, 'new_sign_in', from);
  }
  const subject = partyOf(realm, verified.id);
  const details = { session_id: session.id };
  await recordEvent(deps, trx, { event: 'sign_in', subject, details });
  return proof;
}

/** Rolls back, also what `prepare` has changed. */
class NotOpenedError extends Error {}

function nullIfNotOpened(error: unknown): null {
  if (error instanceof NotOpenedError) return null;
  throw error;
}

/** Browser and network: an attacker may use the same browser, and phones change networks. */
function deviceHash({ ip, userAgent }: Client): Buffer {
  return sha256(`${describeDevice(userAgent ?? null)}\0${wideNetworkOf(ip)}`);
}

/** Header bytes above ASCII arrive as Latin-1 and may be anything. Display needs only the start. */
function storableUserAgent(userAgent: string | undefined): string | null {
  return userAgent?.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300) ?? null;
}
