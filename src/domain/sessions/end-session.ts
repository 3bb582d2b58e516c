import { transact } from '../../platform/database/database.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { SecurityEventName } from '../audit/security-events.ts';
import type { Dependencies } from '../dependencies.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import { decodeRefreshToken, invalidRefreshToken } from './refresh-token.ts';
import { revokeSession } from './session-store.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger'>;

/**
 * Ends the session of a refresh token of any generation, so that an owner whose token a thief has
 * rotated can still end the session. Ending it twice is no error. Throws 401 for a token that this
 * service did not issue.
 */
export async function endSession(deps: Deps, realm: Realm, refreshToken: string): Promise<void> {
  const token = decodeRefreshToken(refreshToken, realm.kind, deps.keys);
  if (token === null) throw invalidRefreshToken();
  await endOne(deps, realm, { id: token.sessionId }, { reason: 'logout', event: 'sign_out' });
}

/** Ends one session of the account; false if the account has no such live session. */
export function endOwnSession(
  deps: Deps,
  realm: Realm,
  session: { id: string; subjectId: string },
): Promise<boolean> {
  return endOne(deps, realm, session, { reason: 'session_revoked', event: 'session_revoked' });
}

type Ending = { reason: string; event: SecurityEventName };

async function endOne(
  deps: Deps,
  realm: Realm,
  session: { id: string; subjectId?: string },
  { reason, event }: Ending,
): Promise<boolean> {
  return transact(deps.db, async (trx) => {
    const subjectId = await revokeSession(trx, realm, session, reason);
    if (subjectId === null) return false;
    const subject = partyOf(realm, subjectId);
    await recordEvent(deps, trx, { event, subject, details: { session_id: session.id } });
    return true;
  });
}
