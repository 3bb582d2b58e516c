import { randomUUIDv7 } from 'node:crypto';
import { sha256 } from '../../platform/crypto/secret-keys.ts';
import { transact } from '../../platform/database/database.ts';
import { wideNetworkOf } from '../../platform/http/client-address.ts';
import { type Credentials, confirmSignIn } from '../accounts/account-store.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { queueNotice } from '../outbox/queue-mail.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import { describeDevice } from './describe-device.ts';
import { evictIdleSessions, insertSession, isNewDevice } from './insert-session.ts';
import { firstRefreshToken, refreshTokenHash } from './refresh-token.ts';
import { sessionLifetimes } from './session-lifetimes.ts';
import { issueTokenPair } from './token-pair.ts';
import type { TokenPair } from './token-schemas.ts';

const maxLiveSessions = 50;

type Client = { ip: string; userAgent: string | undefined };

/** Opens a session; null if the account ended or its password changed since it was verified. */
export async function openSession(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'>,
  realm: Realm,
  verified: Credentials,
  client: Client,
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
  };
  const opened = await transact(deps.db, async (trx) => {
    if (!(await confirmSignIn(trx, realm, verified))) return null;
    const isNew = await isNewDevice(trx, realm, session);
    const signingKeyId = await insertSession(
      trx,
      realm,
      session,
      sessionLifetimes(deps.config, realm),
    );
    await evictIdleSessions(trx, realm, verified.id, maxLiveSessions);
    if (isNew) {
      const from = { device: describeDevice(session.userAgent), ip: client.ip };
      await queueNotice(deps, trx, realm, verified, 'new_sign_in', from);
    }
    const subject = partyOf(realm, verified.id);
    await recordEvent(deps, trx, {
      event: 'sign_in',
      subject,
      details: { session_id: session.id },
    });
    return { signingKeyId };
  });
  if (opened === null) return null;
  return issueTokenPair(deps, { realm, subjectId: verified.id, refreshToken, keys, ...opened });
}

/** Browser and network: an attacker may use the same browser, and phones change networks. */
function deviceHash({ ip, userAgent }: Client): Buffer {
  return sha256(`${describeDevice(userAgent ?? null)}\0${wideNetworkOf(ip)}`);
}

/** Header bytes above ASCII arrive as Latin-1 and may be anything. Display needs only the start. */
function storableUserAgent(userAgent: string | undefined): string | null {
  return userAgent?.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300) ?? null;
}
