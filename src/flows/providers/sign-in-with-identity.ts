import { findCredentialsById } from '../../domain/accounts/account-credentials.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { askForSecondFactor } from '../../domain/factors/ask-for-second-factor.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { useIdentity } from '../../domain/identities/identity-store.ts';
import type { ProvidedIdentity } from '../../domain/providers/provider.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { type Client, openSession } from '../../domain/sessions/open-session.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import { requireVerifiedEmail } from '../email-verification/require-verified-email.ts';
import { findOrMakeUser } from './find-or-make-user.ts';
import { SignInFailure } from './sign-in-failure.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'> &
  FactorKinds;

/**
 * Opens a session for whoever the provider vouched for. Throws `SignInFailure`, 401
 * `second_factor_required` with a challenge, and 403 `email_not_verified` as with a password.
 */
export async function signInWithIdentity(
  deps: Deps,
  identity: ProvidedIdentity,
  client: Client,
): Promise<TokenPair> {
  const userId = await findOrMakeUser(deps, identity);
  const refused = new SignInFailure('not_active', partyOf(userRealm, userId));
  const user = await findCredentialsById(deps.db, userRealm, userId);
  if (!user?.is_active) throw refused;
  await requireVerifiedEmail(deps, userRealm, user);
  const opening = { client, methods: ['fed'] as const };
  if (user.has_second_factor) throw await askForSecondFactor(deps, userRealm, user, opening);
  const tokens = await openSession(deps, userRealm, user, {
    ...opening,
    // An identity that is unlinked meanwhile opens nothing.
    burn: (trx) => useIdentity(trx, userId, identity),
  });
  if (tokens === null) throw refused;
  return tokens;
}
