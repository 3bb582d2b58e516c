import {
  type Credentials,
  findCredentials,
  replacePassword,
} from '../../domain/accounts/account-store.ts';
import { storedPasswordOf } from '../../domain/accounts/stored-columns.ts';
import { recordRefusal } from '../../domain/audit/record-event.ts';
import { guessKey, signInPolicies } from '../../domain/credentials/guess-limits.ts';
import { checkWithinGuesses, type GuessCount } from '../../domain/credentials/password-guesses.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { openSession } from '../../domain/sessions/open-session.ts';
import { hasSignedInFrom } from '../../domain/sessions/session-store.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import { clearThrottle } from '../../domain/throttles/throttle-store.ts';
import { wrongCredentials } from '../../platform/errors.ts';
import { HashAbandonedError, type HashPlace } from '../../platform/hashing/password-hasher.ts';
import { networkOf, networkRangeOf } from '../../platform/http/client-address.ts';
import { requireVerifiedEmail } from '../email-verification/require-verified-email.ts';

type Deps = Pick<
  Dependencies,
  'db' | 'jobs' | 'hasher' | 'keys' | 'config' | 'accessTokens' | 'logger'
>;
type Attempt = {
  identifier: string;
  password: string;
  ip: string;
  userAgent: string | undefined;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
};

/**
 * Opens a session for the right password. Throws the same error, after the same work, for an
 * unknown name, a wrong password and a deactivated account (ASVS V6.3.8), 429 after too many
 * failures, and 403 `email_not_verified` if verified addresses are required.
 */
export async function signIn(deps: Deps, realm: Realm, attempt: Attempt): Promise<TokenPair> {
  // Under a flood of sign-ins, an attempt without a place in the queue fails before it costs a
  // query.
  const place = deps.hasher.reserve(attempt.ip, attempt.signal);
  try {
    return await signInAt(place, deps, realm, attempt);
  } finally {
    place.release();
  }
}

async function signInAt(
  place: HashPlace,
  deps: Deps,
  realm: Realm,
  attempt: Attempt,
): Promise<TokenPair> {
  const found = await findCredentials(deps.db, realm, attempt.identifier);
  const stored = found && storedPasswordOf(found);
  const counts = guessCounts(deps, realm, found, attempt);
  const isRight = await checkWithinGuesses(deps, counts, async () => {
    const matches = await deps.hasher.verify(attempt.password, stored, place);
    return matches && found?.is_active === true;
  });
  if (found === null || !isRight) return refuse(deps, realm, found);
  await requireVerifiedEmail(deps, realm, found);
  const tokens = await openSession(deps, realm, found, {
    ip: attempt.ip,
    userAgent: attempt.userAgent,
  });
  if (tokens === null) return refuse(deps, realm, found);
  await clearGuesses(deps, counts);
  await renewHash(deps, realm, found, attempt);
  return tokens;
}

async function refuse(deps: Deps, realm: Realm, found: Credentials | null): Promise<never> {
  const reason =
    found === null ? 'unknown_name' : found.is_active ? 'wrong_password' : 'not_active';
  const subject = found && partyOf(realm, found.id);
  await recordRefusal(deps, { ...failed, subject, details: { reason } });
  throw wrongCredentials();
}

// No actor: a failed sign-in authenticates nobody.
const failed = { event: 'sign_in', outcome: 'failure', actor: null } as const;

/**
 * Wrong passwords count per account, whichever name was used, or per typed name if there is no
 * account, so that unknown names are throttled like known ones. Once the count of the account is
 * full, only networks it has recently signed in from may go on. Networks, not addresses: IPv6 hosts
 * change their address daily (RFC 8981).
 */
function guessCounts(
  { db, config }: Deps,
  realm: Realm,
  found: Credentials | null,
  { identifier, ip }: Attempt,
): [fromAddress: GuessCount, ofAccount: GuessCount] {
  const { fromAddress, ofAccount } = signInPolicies[realm.kind];
  const account = found ? guessKey.ofAccount(found.id) : guessKey.ofTypedName(identifier);
  const network = networkOf(ip, config.rateLimitIpv6Prefix);
  const range = networkRangeOf(ip, config.rateLimitIpv6Prefix);
  const subject = found && partyOf(realm, found.id);
  return [
    { policy: fromAddress, key: `${account}\0${network}`, subject },
    {
      policy: ofAccount,
      key: account,
      subject,
      isWaived: async () => hasSignedInFrom(db, realm, found?.id ?? nobody, range),
    },
  ];
}

// An id that no account has, so that the same query runs for an unknown name.
const nobody = '00000000-0000-7000-8000-000000000000';

/** A success clears the count of its own address; the count over all addresses stays. */
async function clearGuesses(
  deps: Deps,
  [{ policy, key }]: [GuessCount, GuessCount],
): Promise<void> {
  await clearThrottle(deps, policy, key);
}

/** Upgrades an outdated hash while the password is at hand. A failure never fails the sign-in. */
async function renewHash(
  deps: Deps,
  realm: Realm,
  verified: Credentials,
  attempt: Attempt,
): Promise<void> {
  const stored = storedPasswordOf(verified);
  if (stored === null || !deps.hasher.needsRehash(stored)) return;
  try {
    const renewed = await deps.hasher.hash(attempt.password, attempt.ip, attempt.signal);
    await replacePassword(deps.db, realm, verified, renewed, 'rehash');
  } catch (error) {
    if (error instanceof HashAbandonedError) return;
    deps.logger.warn({ err: error }, 'Password rehash failed; the next sign-in will retry');
  }
}
