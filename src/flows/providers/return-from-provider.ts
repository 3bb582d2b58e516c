import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { type Attempt, burnAttempt, secretsOf } from '../../domain/identities/attempt-store.ts';
import { insertExchange } from '../../domain/identities/exchange-store.ts';
import type { ProvidedIdentity, Provider } from '../../domain/providers/provider.ts';
import type { Client } from '../../domain/sessions/open-session.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import { AppError } from '../../platform/errors.ts';
import { askerOf, linkToAsker } from './link-identity.ts';
import { withFragment, withParameter } from './return-to.ts';
import { SignInFailure } from './sign-in-failure.ts';
import { signInWithIdentity } from './sign-in-with-identity.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'> &
  FactorKinds;

/** The open attempt that the browser came back from; burnt. Throws `SignInFailure`. */
export async function requireAttempt(
  { db }: Pick<Deps, 'db'>,
  { settings }: Provider,
  { state, browser }: { state: string; browser: string | null },
): Promise<Attempt> {
  const attempt = browser && (await burnAttempt(db, settings.id, { state, browser }));
  if (!attempt) throw new SignInFailure('unknown_attempt');
  return attempt;
}

/** Where the browser goes on, and the session that it gets as a cookie. */
export type WayBack = { location: string; tokens: TokenPair | null };

type Answer = { parameters: URLSearchParams; client: Client };

/** Does what the attempt was for. Throws `SignInFailure`, `ProviderError`, and 4xx. */
export async function returnFromProvider(
  deps: Deps,
  provider: Provider,
  attempt: Attempt,
  { parameters, client }: Answer,
): Promise<WayBack> {
  const keys = deps.keys.find(attempt.key_id);
  if (keys === null) throw new SignInFailure('unknown_attempt');
  const secrets = secretsOf(keys, parameters.get('state') ?? '');
  const identity = await provider.redeem(parameters, secrets);
  const asker = askerOf(attempt);
  if (asker !== null) {
    await linkToAsker(deps, asker, identity);
    return { location: attempt.return_to, tokens: null };
  }
  if (attempt.code_challenge === null) return enter(deps, attempt, identity, client);
  const code = await insertExchange(deps, attempt.code_challenge, identity);
  return { location: withParameter(attempt.return_to, 'code', code), tokens: null };
}

async function enter(
  deps: Deps,
  { return_to: returnTo }: Attempt,
  identity: ProvidedIdentity,
  client: Client,
): Promise<WayBack> {
  try {
    return { location: returnTo, tokens: await signInWithIdentity(deps, identity, client) };
  } catch (error) {
    const { challenge, methods = [] } = (error instanceof AppError && error.details) || {};
    if (challenge === undefined) throw error;
    const step = { challenge, methods: methods.join(',') };
    return { location: withFragment(returnTo, step), tokens: null };
  }
}
