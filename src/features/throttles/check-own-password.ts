import type { Dependencies } from '../../dependencies.ts';
import { badRequest } from '../../errors.ts';
import { type Credentials, findCredentialsById, storedPasswordOf } from '../accounts/account-store.ts';
import type { Realm } from '../accounts/realms.ts';
import { checkWithinGuesses } from './password-guesses.ts';
import { throttlePolicies } from './throttle-policies.ts';

/**
 * The credentials of somebody who is signed in and has typed the password once more. Throws 400 `wrong_password`, and
 * 429 after too many of them: a stolen session must not serve to guess the password.
 */
export async function requireOwnPassword(
  deps: Pick<Dependencies, 'db' | 'keys' | 'hasher'>,
  realm: Realm,
  accountId: string,
  typed: { password: string; ip: string },
): Promise<Credentials> {
  const credentials = await findCredentialsById(deps.db, realm, accountId);
  const stored = credentials && storedPasswordOf(credentials);
  const count = { policy: throttlePolicies.passwordCheck, key: `${realm.kind}\0${accountId}` };
  const isRight = await checkWithinGuesses(deps, [count], () =>
    deps.hasher.verify(typed.password, stored, typed.ip),
  );
  if (credentials === null || !isRight)
    throw badRequest('The current password is not right', 'wrong_password');
  return credentials;
}
