import { type AppError, badRequest, unauthenticated } from '../../platform/errors.ts';
import { type Credentials, findCredentialsById } from '../accounts/account-credentials.ts';
import { storedPasswordOf } from '../accounts/stored-columns.ts';
import { recordRefusal } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import { passwordCheck } from './guess-limits.ts';
import { checkWithinGuesses } from './password-guesses.ts';
import { requirePasswords } from './password-sign-in.ts';

/**
 * Checks the current password of a signed-in account and returns its credentials. Throws 400
 * `wrong_password`, or `no_password` if none was ever set, 401 if the account has ended since the
 * session was checked, 403 where users have no passwords, and 429 after too many: a stolen session
 * must not allow guessing the password.
 */
export async function requireOwnPassword(
  deps: Pick<Dependencies, 'db' | 'keys' | 'hasher' | 'config' | 'logger'>,
  realm: Realm,
  accountId: string,
  typed: { password: string; ip: string; signal: AbortSignal },
): Promise<Credentials> {
  requirePasswords(deps.config, realm);
  const credentials = await findCredentialsById(deps.db, realm, accountId);
  if (credentials === null) throw unauthenticated();
  const stored = storedPasswordOf(credentials);
  if (stored === null) throw noPasswordYet();
  const subject = partyOf(realm, accountId);
  const count = { policy: passwordCheck, key: `${realm.kind}\0${accountId}`, subject };
  const isRight = await checkWithinGuesses(deps, [count], () =>
    deps.hasher.verify(typed.password, stored, typed.ip, typed.signal),
  );
  if (!isRight) {
    await recordRefusal(deps, { event: 'password_check', outcome: 'failure', subject });
    throw badRequest('The current password is incorrect', 'wrong_password');
  }
  return credentials;
}

/** Hides nothing from the caller: the account is the caller's own. */
function noPasswordYet(): AppError {
  return badRequest(
    'This account has no password yet; set one with “Forgot password”',
    'no_password',
  );
}
