import type { FastifyRequest } from 'fastify';
import { findCallerOf } from '../../access/guards.ts';
import type { Account } from '../../domain/accounts/account-store.ts';
import {
  adminExists,
  lockAdminRegistration,
  lockSuperadmin,
} from '../../domain/accounts/admin-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { adminRealm, partyOf } from '../../domain/realms/realms.ts';
import { type Caller, lockLiveSession } from '../../domain/sessions/session-store.ts';
import { requireWithinThrottle } from '../../domain/throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../../domain/throttles/throttle-policy.ts';
import { equalSecrets } from '../../platform/crypto/secret-keys.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { AppError, forbidden, unauthenticated } from '../../platform/errors.ts';
import { isLocalCaller, networkOf } from '../../platform/http/client-address.ts';
import { type Registration, registerAccount } from './register-account.ts';

/** Setup tokens tried from one address while there is no admin. */
export const setupTokenTries: ThrottlePolicy = {
  name: 'setup-token',
  limit: 5,
  windowSeconds: durations.hours(1),
  keysOf: () => [],
};

type Deps = Pick<
  Dependencies,
  'db' | 'hasher' | 'breachedPasswords' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'
> &
  FactorKinds;

/** The first admin: local in development, or with the setup token. Later ones: by a superadmin. */
export async function registerAdmin(
  deps: Deps,
  request: FastifyRequest,
  registration: Registration,
): Promise<Account> {
  const caller = await findCallerOf(deps, adminRealm, request);
  if (caller !== null) {
    if (!caller.account.is_superadmin) throw forbidden('Only a superadmin may register admins');
    const registeredBy = partyOf(adminRealm, caller.account.id);
    const ordered = { ...registration, registeredBy };
    return registerAccount(deps, adminRealm, ordered, (trx) => requireStillSuperadmin(trx, caller));
  }
  if (await adminExists(deps.db)) throw adminIsThere();
  await requireFirstAdminRight(deps, request);
  const first = { ...registration, isSuperadmin: true };
  return registerAccount(deps, adminRealm, first, requireStillNoAdmin).catch(refuseSecondFirst);
}

async function requireFirstAdminRight(deps: Deps, request: FastifyRequest): Promise<void> {
  const { config } = deps;
  const token = request.headers['x-setup-token'];
  const isLocal =
    config.environment === 'development' && isLocalCaller(request.raw, config.publicUrl);
  const mustPresent = !isLocal || config.adminSetupToken !== undefined;
  if (typeof token === 'string' && mustPresent) return requireSetupToken(deps, request, token);
  if (isLocal) return;
  throw unauthenticated(
    `Registering the first admin requires a setup token: ${howToPresent}`,
    'setup_token_required',
  );
}

/** Without a setup token as with a wrong one: the answer does not reveal whether one is set. */
async function requireSetupToken(
  deps: Deps,
  request: FastifyRequest,
  presented: string,
): Promise<void> {
  const { adminSetupToken, rateLimitIpv6Prefix } = deps.config;
  const network = networkOf(request.clientAddress, rateLimitIpv6Prefix);
  await requireWithinThrottle(deps, setupTokenTries, network, null);
  if (adminSetupToken !== undefined && equalSecrets(presented, adminSetupToken)) return;
  throw forbidden(`The setup token is wrong: ${howToPresent}`, 'wrong_setup_token');
}

const howToPresent = 'send the value of ADMIN_SETUP_TOKEN in the header X-Setup-Token';

/** Reveals nothing new: without an admin, registration answers differently anyway. */
function adminIsThere(): AppError {
  return unauthenticated(
    'An admin already exists: sign in as a superadmin and send the access token to register another',
    'admin_exists',
  );
}

/** Of two concurrent first admins, the second waits here and then finds the first. */
async function requireStillNoAdmin(trx: Transaction): Promise<void> {
  await lockAdminRegistration(trx);
  if (await adminExists(trx)) throw adminIsThere();
}

/** No name was taken while there was no admin, so a duplicate means a concurrent first admin. */
function refuseSecondFirst(error: unknown): never {
  throw error instanceof AppError && error.name === 'DuplicateRecordError' ? adminIsThere() : error;
}

/** Right and session were read before the password was hashed; either may be gone since. */
async function requireStillSuperadmin(trx: Transaction, caller: Caller): Promise<void> {
  if (!(await lockSuperadmin(trx, caller.account.id))) {
    throw forbidden('Only a superadmin may register admins');
  }
  if (!(await lockLiveSession(trx, adminRealm, caller.sessionId))) throw unauthenticated();
}
