import type { Account } from '../../domain/accounts/account-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { type Caller, lockLiveSession } from '../../domain/sessions/session-store.ts';
import { requireWithinThrottle } from '../../domain/throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../../domain/throttles/throttle-policy.ts';
import { type Registration, registerAccount } from '../../flows/registration/register-account.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { unauthenticated } from '../../platform/errors.ts';

/** Users created per admin: each is a mail to an address of the admin's choice. */
export const userCreation: ThrottlePolicy = {
  name: 'user-creation',
  limit: 200,
  windowSeconds: durations.hours(1),
  keysOf: ({ kind, id }) => (kind === 'admin' ? [id] : []),
};

/** Without a password, mails a link to set one. Throws 409 for a taken name, 429 for too many. */
export async function createUser(
  deps: Pick<
    Dependencies,
    'db' | 'hasher' | 'breachedPasswords' | 'jobs' | 'keys' | 'config' | 'logger'
  >,
  caller: Pick<Caller, 'account' | 'sessionId'>,
  registration: Omit<Registration, 'registeredBy' | 'isSuperadmin'>,
): Promise<Account> {
  const registeredBy = partyOf(adminRealm, caller.account.id);
  await requireWithinThrottle(deps, userCreation, caller.account.id, registeredBy);
  const requireStillSignedIn = async (trx: Transaction): Promise<void> => {
    // The password took a while to hash. A deactivated admin has no live session either.
    if (!(await lockLiveSession(trx, adminRealm, caller.sessionId))) throw unauthenticated();
  };
  return registerAccount(deps, userRealm, { ...registration, registeredBy }, requireStillSignedIn);
}
