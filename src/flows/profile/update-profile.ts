import { changesEmail, changesUsername } from '../../domain/accounts/account-change.ts';
import {
  type Account,
  type AccountChange,
  lockAccount,
  updateAccount,
} from '../../domain/accounts/account-store.ts';
import { accountTag } from '../../domain/accounts/account-version.ts';
import { lockUserAndHolder } from '../../domain/accounts/lock-user-and-holder.ts';
import { requireAllowedDomain } from '../../domain/accounts/registration-policy.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { requireOwnPassword } from '../../domain/credentials/require-own-password.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { requireProof, type WhereProof } from '../../domain/factors/require-proof.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { type Caller, lockLiveSession } from '../../domain/sessions/session-store.ts';
import { requireWithinThrottle } from '../../domain/throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../../domain/throttles/throttle-policy.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { unauthenticated } from '../../platform/errors.ts';
import { networkOf } from '../../platform/http/client-address.ts';
import { requireMatch } from '../../platform/http/preconditions.ts';
import { changeEmail } from '../email-change/change-email.ts';

/** Changes of username and e-mail address per account. */
export const identifierChange: ThrottlePolicy = {
  name: 'identifier-change',
  limit: 10,
  windowSeconds: durations.hours(1),
  keysOf: ({ kind, id }) => [`${kind}\0${id}`],
};

/** The same per network, over all accounts: each 409 reveals a taken name, as at registration. */
export const identifierChangeAddress: ThrottlePolicy = {
  name: 'identifier-change-ip',
  limit: 30,
  windowSeconds: durations.hours(1),
  keysOf: () => [],
};

type Deps = Pick<Dependencies, 'db' | 'hasher' | 'jobs' | 'keys' | 'config' | 'logger'> &
  FactorKinds;
type Change = Pick<AccountChange, 'email' | 'username' | 'full_name' | 'metadata'>;
type Asked = {
  change: Change;
  currentPassword: string | undefined;
  ifMatch?: string | undefined;
  ip: string;
  signal: AbortSignal;
};

/**
 * Updates the caller's profile. A new e-mail address requires the current password, or a recent
 * `reauthenticate`, however recent the sign-in: a stolen token must not be enough to take over the
 * account. The new address is unverified, and all other sessions end. Throws 403 `reauthentication_required`, 400 for a wrong
 * password, 409 for a taken name, 412 for another version, 429 for too many new names.
 */
export async function updateProfile(
  deps: Deps,
  realm: Realm,
  caller: Caller,
  request: Asked,
): Promise<Account> {
  const { change, currentPassword, ip, signal } = request;
  const isEmail = changesEmail(caller.account, change);
  if (isEmail && realm.kind === 'user') requireAllowedDomain(deps.config, change.email);
  if (isEmail) await requireProof(deps, realm, caller, placeOf(currentPassword));
  // Before the hash, so that a request over the limit does not cost one.
  if (isEmail || changesUsername(caller.account, change))
    await countNewName(deps, realm, caller, ip);
  if (isEmail && currentPassword !== undefined) {
    await requireOwnPassword(deps, realm, caller.account.id, {
      password: currentPassword,
      ip,
      signal,
    });
  }
  return transact(deps.db, (trx) => applyChange(deps, trx, realm, caller, request));
}

/** Where the proof for a new address must be. */
function placeOf(currentPassword: string | undefined): WhereProof {
  return currentPassword === undefined ? 'renewal' : 'request';
}

async function countNewName(
  deps: Deps,
  realm: Realm,
  { account }: Caller,
  ip: string,
): Promise<void> {
  const subject = partyOf(realm, account.id);
  await requireWithinThrottle(deps, identifierChange, `${realm.kind}\0${account.id}`, subject);
  const { rateLimitPerHour, rateLimitIpv6Prefix } = deps.config;
  if (rateLimitPerHour === 0) return;
  await requireWithinThrottle(
    deps,
    identifierChangeAddress,
    networkOf(ip, rateLimitIpv6Prefix),
    subject,
  );
}

async function applyChange(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  caller: Caller,
  { change, currentPassword, ifMatch }: Asked,
): Promise<Account> {
  const { user: account, holder } = await lockFor(trx, realm, caller.account.id, change);
  // The session may have ended, or the account been deactivated, while the password was checked.
  if (!account?.is_active || !(await lockLiveSession(trx, realm, caller.sessionId)))
    throw unauthenticated();
  requireMatch(ifMatch, accountTag(account));
  if (Object.keys(change).length === 0) return account;
  const subject = partyOf(realm, account.id);
  const fields = Object.keys(change).toSorted();
  await recordEvent(deps, trx, { event: 'profile_changed', subject, details: { fields } });
  if (!changesEmail(account, change)) return updateAccount(trx, realm, account.id, change);
  // Again: the request may have begun with this address as the current one, so that no proof was
  // required, or before a second factor was in force.
  const where = changesEmail(caller.account, change) ? placeOf(currentPassword) : 'renewal';
  await requireProof({ ...deps, db: trx }, realm, { ...caller, account }, where);
  const how = { actor: subject, keepSessionId: caller.sessionId, holder };
  return changeEmail(deps, trx, realm, account, change, how);
}

async function lockFor(trx: Transaction, realm: Realm, id: string, { email }: Change) {
  if (realm.kind === 'user') return lockUserAndHolder(trx, { id, email });
  return { user: await lockAccount(trx, realm, id), holder: null };
}
