import type { Account } from '../../domain/accounts/account-store.ts';
import { lockSuperadmin } from '../../domain/accounts/admin-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { type Caller, lockLiveSession } from '../../domain/sessions/session-store.ts';
import { requireWithinThrottle } from '../../domain/throttles/require-within-throttle.ts';
import { registerAccount } from '../../flows/registration/register-account.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { forbidden, unauthenticated } from '../../platform/errors.ts';
import { userCreation } from '../users/create-user.ts';

export const invitedRoles = ['superuser'] as const;

type Invitation = {
  email: string;
  fullName: string | null;
  roles: readonly (typeof invitedRoles)[number][];
  ip: string;
  signal: AbortSignal;
};

type Deps = Pick<
  Dependencies,
  'db' | 'hasher' | 'breachedPasswords' | 'jobs' | 'keys' | 'config' | 'logger'
>;

/**
 * Creates a user without name and password, and mails the invitation. Throws 409 for a taken
 * address, 403 for a role above the inviter's own and where registration is closed, 429 for too
 * many.
 */
export async function inviteUser(
  deps: Deps,
  caller: Pick<Caller, 'account' | 'sessionId'>,
  { roles, ...invitation }: Invitation,
): Promise<Account> {
  if (deps.config.registration === 'closed')
    throw forbidden('Registration is closed', 'registration_closed');
  const isSuperuser = roles.includes('superuser');
  if (isSuperuser && !caller.account.is_superadmin) throw aboveOwn();
  const invitedBy = partyOf(adminRealm, caller.account.id);
  await requireWithinThrottle(deps, userCreation, caller.account.id, invitedBy);
  const registration = {
    ...invitation,
    username: null,
    password: null,
    registeredBy: invitedBy,
    invitation: { isSuperuser },
  };
  const mayInvite = (trx: Transaction) => requireMayInvite(trx, caller, isSuperuser);
  return registerAccount(deps, userRealm, registration, mayInvite);
}

/** Session and right were read before; either may be gone since. */
async function requireMayInvite(
  trx: Transaction,
  { account, sessionId }: Pick<Caller, 'account' | 'sessionId'>,
  isSuperuser: boolean,
): Promise<void> {
  if (isSuperuser && !(await lockSuperadmin(trx, account.id))) throw aboveOwn();
  if (!(await lockLiveSession(trx, adminRealm, sessionId))) throw unauthenticated();
}

function aboveOwn() {
  return forbidden('Only a superadmin may invite a superuser', 'role_above_own');
}
