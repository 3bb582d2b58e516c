import type { Config } from '../../configuration/config.ts';
import { forbidden } from '../../platform/errors.ts';
import type { RealmKind } from '../realms/realms.ts';

type Setting = Pick<Config, 'passwordSignIn'>;

/** Admins always have passwords: the first one begins with nothing else. */
export function hasPasswords({ passwordSignIn }: Setting, { kind }: { kind: RealmKind }): boolean {
  return kind === 'admin' || passwordSignIn;
}

/** Throws 403 `password_sign_in_off` where `PASSWORD_SIGN_IN=false` has turned passwords off. */
export function requirePasswords(config: Setting, realm: { kind: RealmKind }): void {
  if (!hasPasswords(config, realm))
    throw forbidden('Users have no passwords here', 'password_sign_in_off');
}
