import type { Dependencies } from '../../dependencies.ts';
import { unauthenticated } from '../../errors.ts';
import { lockAccount } from '../accounts/account-store.ts';
import type { Realm } from '../accounts/realms.ts';
import { decodeRefreshToken } from './refresh-token.ts';
import { type RevokeReason, revokeSession, revokeSessionsOf } from './session-store.ts';

/**
 * Ends the session of a refresh token of any generation, so that the owner who was overtaken by a thief still ends
 * the thief's session. Ending it twice is no error; a token that this service never made is.
 */
export async function endSession(
  { db, keys }: Pick<Dependencies, 'db' | 'keys'>,
  realm: Realm,
  refreshToken: string,
): Promise<void> {
  const token = decodeRefreshToken(refreshToken, realm.kind, keys);
  if (token === null) throw unauthenticated('The refresh token is not valid', 'invalid_refresh_token');
  await revokeSession(db, realm, { id: token.sessionId }, 'logout');
}

/** Ends all sessions of an account; false where there is no such account. */
export async function endAllSessions(
  { db }: Pick<Dependencies, 'db'>,
  realm: Realm,
  accountId: string,
  reason: RevokeReason,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if ((await lockAccount(trx, realm, accountId)) === null) return false;
    await revokeSessionsOf(trx, realm, accountId, reason);
    return true;
  });
}
