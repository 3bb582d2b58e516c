import { findCredentials } from '../../domain/accounts/account-credentials.ts';
import { checkWithinGuesses, type GuessCount } from '../../domain/credentials/password-guesses.ts';
import { signInGuesses } from '../../domain/credentials/sign-in-guesses.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import {
  findOpenLink,
  findRequestedLink,
  type Link,
} from '../../domain/one-time-tokens/link-store.ts';
import { linkCode } from '../../domain/one-time-tokens/link-token.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { ThrottlePolicy } from '../../domain/throttles/throttle-policy.ts';
import { takeThrottle } from '../../domain/throttles/throttle-store.ts';
import { equalSecrets } from '../../platform/crypto/secret-keys.ts';
import { mailLifeSeconds, requestHashOf } from './request-sign-in.ts';

/**
 * Codes tried for one mail, wherever from. Counted beside the link and not in it, so that a try for
 * an address without an account is the same work. The window outlasts the link.
 */
export const codeTries: ThrottlePolicy = {
  name: 'email-code',
  limit: 5,
  windowSeconds: mailLifeSeconds,
  keysOf: () => [],
};

type Deps = Pick<Dependencies, 'db' | 'keys' | 'config' | 'logger'>;
type ShownCode = { email: string; code: string; requestId: string | null };

/** What the mail was shown by: its link, or its code. */
export type Shown = { token: string } | ShownCode;

/** `guesses`: what wrong codes have counted on, to be cleared by a success. */
export type Found = { link: Link | null; guesses: [GuessCount, GuessCount] | null };

/** Null if it is not good. Throws 429 after too many wrong codes, counted with wrong passwords. */
export async function findShownLink(deps: Deps, shown: Shown, ip: string): Promise<Found> {
  if ('token' in shown)
    return { link: await findOpenLink(deps.db, 'email_sign_in', shown.token), guesses: null };
  const account = await findCredentials(deps.db, userRealm, shown.email);
  const guesses = signInGuesses(deps, userRealm, account, { identifier: shown.email, ip });
  const found: Link[] = [];
  await checkWithinGuesses(deps, guesses, async () => {
    const link = await tryCode(deps, shown);
    if (link) found.push(link);
    return link !== null;
  });
  return { link: found[0] ?? null, guesses };
}

async function tryCode(deps: Deps, { email, code, requestId }: ShownCode): Promise<Link | null> {
  const requestHash = requestHashOf(requestId ?? '', email);
  // Taken before the code is compared: of requests at once no more than five are.
  const { allowed } = await takeThrottle(deps, codeTries, requestHash.toString('hex'));
  const link = await findRequestedLink(deps.db, 'email_sign_in', requestHash);
  const secret = link && deps.keys.find(link.key_id);
  const right = link && secret ? linkCode(link, secret) : noCode;
  return equalSecrets(code, right) && allowed ? link : null;
}

// The same work where there is nothing to compare with.
const noCode = 'no code ';
