import type { Config } from '../../configuration/config.ts';
import type { Realm } from '../realms/realms.ts';

export function sessionLifetimes(config: Config, realm: Realm): Config['userSessions'] {
  return realm.kind === 'user' ? config.userSessions : config.adminSessions;
}
