import {
  type Credentials,
  findCredentials,
  replacePassword,
} from '../../domain/accounts/account-credentials.ts';
import { storedPasswordOf } from '../../domain/accounts/stored-columns.ts';
import { recordRefusal } from '../../domain/audit/record-event.ts';
import { checkWithinGuesses } from '../../domain/credentials/password-guesses.ts';
import { clearSignInGuesses, signInGuesses } from '../../domain/credentials/sign-in-guesses.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { askForSecondFactor } from '../../domain/factors/ask-for-second-factor.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { openSession } from '../../domain/sessions/open-session.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import { wrongCredentials } from '../../platform/errors.ts';
import { HashAbandonedError, type HashPlace } from '../../platform/hashing/password-hasher.ts';
import { requireVerifiedEmail } from '../email-verification/require-verified-email.ts';

type Deps = Pick<
  Dependencies,
  'db' | 'jobs' | 'hasher' | 'keys' | 'config' | 'accessTokens' | 'logger'
> &
  FactorKinds;
type Attempt = {
  identifier: string;
  password: string;
  ip: string;
  userAgent: string | undefined;
  /** Aborted once nobody waits for the answer. */
  signal: AbortSignal;
};

/**
 * Opens a session for the right password. Throws the same error, after the same work, for an
 * unknown name, a wrong password and a deactivated account (ASVS V6.3.8), 429 after too many
 * failures, 403 `email_not_verified` if verified addresses are required, and 401
 * `second_factor_required` with a challenge, which clears no failures.
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
  const counts = signInGuesses(deps, realm, found, attempt);
  const isRight = await checkWithinGuesses(deps, counts, async () => {
    const matches = await deps.hasher.verify(attempt.password, stored, place);
    return matches && found?.is_active === true;
  });
  if (found === null || !isRight) return refuse(deps, realm, found);
  await requireVerifiedEmail(deps, realm, found);
  const opening = {
    client: { ip: attempt.ip, userAgent: attempt.userAgent },
    methods: ['pwd'],
  } as const;
  if (found.has_second_factor) {
    await renewHash(deps, realm, found, attempt);
    throw await askForSecondFactor(deps, realm, found, opening);
  }
  const tokens = await openSession(deps, realm, found, opening);
  if (tokens === null) return refuse(deps, realm, found);
  await clearSignInGuesses(deps, counts);
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
