import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { takeExchange } from '../../domain/identities/exchange-store.ts';
import type { Client } from '../../domain/sessions/open-session.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import { unauthenticated } from '../../platform/errors.ts';
import { asAnswer, recordFailure, SignInFailure } from './sign-in-failure.ts';
import { signInWithIdentity } from './sign-in-with-identity.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'> &
  FactorKinds;
type Given = { code: string; code_verifier: string };

/**
 * Opens the session that a code stands for. Throws the same 401 for every code that is not good, and
 * 409 `account_exists` where the address belongs to an account that the provider cannot open.
 */
export async function exchangeCode(
  deps: Deps,
  { code, code_verifier: codeVerifier }: Given,
  client: Client,
): Promise<TokenPair> {
  const identity = await takeExchange(deps, code, codeVerifier);
  if (identity === null) {
    const failure = new SignInFailure('unknown_attempt');
    await recordFailure(deps, failure, { event: 'sign_in', provider: 'unknown' });
    throw unauthenticated('The code is not valid, was used, or has expired', 'invalid_code');
  }
  try {
    return await signInWithIdentity(deps, identity, client);
  } catch (error) {
    if (error instanceof SignInFailure)
      await recordFailure(deps, error, { event: 'sign_in', provider: identity.provider });
    throw asAnswer(error);
  }
}
