export type RealmKind = 'user' | 'admin';

/** Users and admins are two realms. A flow is written once and takes its realm as a parameter. */
export type Realm = {
  readonly kind: RealmKind;
  readonly table: 'users' | 'admins';
  readonly path: '/api/users' | '/api/admins';
  readonly tag: 'Users' | 'Admins';
};

export const userRealm: Realm = {
  kind: 'user',
  table: 'users',
  path: '/api/users',
  tag: 'Users',
};

export const adminRealm: Realm = {
  kind: 'admin',
  table: 'admins',
  path: '/api/admins',
  tag: 'Admins',
};

/** An account of either realm. */
export type Party = { readonly kind: RealmKind; readonly id: string };

export function partyOf({ kind }: { kind: RealmKind }, id: string): Party {
  return { kind, id };
}

export const realms = [userRealm, adminRealm] as const;

export function realmOf({ kind }: { kind: RealmKind }): Realm {
  return kind === 'user' ? userRealm : adminRealm;
}

/** What `make` returns for each realm. */
export function byRealm<Made>(make: (realm: Realm) => Made): Readonly<Record<RealmKind, Made>> {
  return { user: make(userRealm), admin: make(adminRealm) };
}
