import type { Account } from '../../domain/accounts/account-store.ts';
import { requireMayRegister } from '../../domain/accounts/registration-policy.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { forbidden } from '../../platform/errors.ts';
import { type Registration, registerAccount } from './register-account.ts';

type Deps = Pick<
  Dependencies,
  'db' | 'hasher' | 'breachedPasswords' | 'jobs' | 'keys' | 'config' | 'logger'
>;

/** For people who register themselves; whether they may is checked before a name is looked up. */
export async function registerUser(deps: Deps, registration: Registration): Promise<Account> {
  const { config } = deps;
  requireMayRegister(config, registration.email);
  if (!config.passwordSignIn && !config.emailSignIn)
    throw forbidden('Sign up with one of the providers', 'registration_closed');
  return registerAccount(deps, userRealm, registration);
}
