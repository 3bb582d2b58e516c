import type { Dependencies } from '../../dependencies.ts';
import { wrongCredentials } from '../../errors.ts';
import {
  type Credentials,
  findCredentials,
  replacePassword,
  storedPasswordOf,
} from '../accounts/account-store.ts';
import type { Realm } from '../accounts/realms.ts';
import { openSession } from '../sessions/open-session.ts';
import type { TokenPair } from '../sessions/token-pair.ts';

type Deps = Pick<Dependencies, 'db' | 'hasher' | 'keys' | 'config' | 'accessTokens' | 'logger'>;
type Attempt = { identifier: string; password: string; ip: string; userAgent: string | undefined };

/**
 * Opens a session for the right password. One error, after the same work, for an unknown name, a wrong password and
 * an account that is not active (ASVS V6.3.8).
 */
export async function signIn(deps: Deps, realm: Realm, attempt: Attempt): Promise<TokenPair> {
  const found = await findCredentials(deps.db, realm, attempt.identifier);
  const stored = found && storedPasswordOf(found);
  const matches = await deps.hasher.verify(attempt.password, stored, attempt.ip);
  if (found === null || !matches || !found.is_active) throw wrongCredentials();
  const tokens = await openSession(deps, realm, found, { ip: attempt.ip, userAgent: attempt.userAgent });
  await renewHash(deps, realm, found, attempt);
  return tokens;
}

/** Brings an older or cheaper hash up to date while the password is at hand; never at the price of the sign-in. */
async function renewHash(deps: Deps, realm: Realm, verified: Credentials, attempt: Attempt): Promise<void> {
  if (!deps.hasher.needsRehash(storedPasswordOf(verified))) return;
  try {
    const renewed = await deps.hasher.hash(attempt.password, attempt.ip);
    await replacePassword(deps.db, realm, verified, renewed, 'rehash');
  } catch (error) {
    deps.logger.warn({ err: error }, 'A password hash could not be renewed; the next sign-in tries again');
  }
}
