import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { deleteChallengesOf } from '../../domain/factors/challenge-store.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { lockProven } from '../../domain/factors/require-proof.ts';
import { requireWayIn } from '../../domain/factors/require-way-in.ts';
import { deleteIdentity } from '../../domain/identities/identity-store.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import type { Caller } from '../../domain/sessions/session-store.ts';
import { transact } from '../../platform/database/database.ts';
import { notFound } from '../../platform/errors.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'> & FactorKinds;

/**
 * Unlinks an identity of the caller, ends all other sessions, whoever got in by it, and tells the
 * owner. Throws 404 for an unknown one, 409 `last_way_in` where nobody could sign in any more.
 */
export async function unlinkIdentity(deps: Deps, caller: Caller, id: string): Promise<void> {
  await transact(deps.db, async (trx) => {
    const user = await lockProven(deps, trx, userRealm, caller);
    const identity = await deleteIdentity(trx, user.id, id);
    if (identity === null) throw notFound('There is no such identity');
    const subject = partyOf(userRealm, user.id);
    await requireWayIn(deps, trx, userRealm, subject);
    // Sign-ins between their two steps may have begun with it.
    await deleteChallengesOf(trx, subject);
    const keepSessionId = caller.sessionId;
    await endAccess(trx, userRealm, user.id, 'identity_unlinked', { keepSessionId });
    const details = { kind: identity.provider };
    await recordEvent(deps, trx, { event: 'identity_unlinked', subject, details });
    await queueNotice(deps, trx, userRealm, user, 'identity_unlinked');
  });
}
