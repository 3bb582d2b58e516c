import type { Config } from '../../configuration/config.ts';
import type { RealmKind } from '../../platform/database/tables.ts';
import { adminSchema, userSchema } from '../accounts/account-schemas.ts';

/** Users and admins are two realms of the same flows: a flow is written once and a realm goes in. */
export type Realm = {
  readonly kind: RealmKind;
  readonly table: 'users' | 'admins';
  readonly path: '/api/users' | '/api/admins';
  readonly tag: 'Users' | 'Admins';
  readonly accountSchema: typeof userSchema | typeof adminSchema;
};

export const userRealm: Realm = {
  kind: 'user',
  table: 'users',
  path: '/api/users',
  tag: 'Users',
  accountSchema: userSchema,
};

export const adminRealm: Realm = {
  kind: 'admin',
  table: 'admins',
  path: '/api/admins',
  tag: 'Admins',
  accountSchema: adminSchema,
};

/** An account of either realm. */
export type Party = { readonly kind: RealmKind; readonly id: string };

export function partyOf({ kind }: { kind: RealmKind }, id: string): Party {
  return { kind, id };
}

export const realms = [userRealm, adminRealm] as const;

/** How long a session of this realm lives: idle, and at most. */
export function sessionLifetimes(config: Config, realm: Realm): Config['userSessions'] {
  return realm.kind === 'user' ? config.userSessions : config.adminSessions;
}
