import { randomBytes } from 'node:crypto';
import type { Dependencies } from '../../domain/dependencies.ts';
import { type Attempt, insertAttempt, secretsOf } from '../../domain/identities/attempt-store.ts';
import type { Provider } from '../../domain/providers/provider.ts';

type Beginning = {
  /** Of the browser that will come back. */
  browser: string;
  returnTo: string;
  /** Null: the session goes into a cookie. */
  codeChallenge: string | null;
  /** Who links an identity; null for a sign-in. */
  asker: { userId: string; sessionId: string } | null;
};

/**
 * The address at the provider to send the browser to. No row is left where the provider cannot be
 * asked: that throws `ProviderError`.
 */
export async function beginAtProvider(
  { db, keys: { current } }: Pick<Dependencies, 'db' | 'keys'>,
  provider: Provider,
  { browser, returnTo, codeChallenge, asker }: Beginning,
): Promise<string> {
  const state = randomBytes(32).toString('base64url');
  const address = await provider.begin(secretsOf(current, state));
  const attempt: Attempt = {
    provider: provider.settings.id,
    key_id: current.kid,
    return_to: returnTo,
    code_challenge: codeChallenge,
    user_id: asker?.userId ?? null,
    session_id: asker?.sessionId ?? null,
  };
  await insertAttempt(db, attempt, { state, browser });
  return address.href;
}
