import type { Database } from '../../platform/database/database.ts';
import type { Realm, RealmKind } from './realms.ts';

/** What `make` returns is kept for each database and realm. */
export function oncePerRealm<Made>(
  make: (db: Database, realm: Realm) => Made,
): (db: Database, realm: Realm) => Made {
  const kept = new WeakMap<Database, Map<RealmKind, Made>>();
  return (db, realm) => {
    const ofDatabase = kept.get(db) ?? new Map<RealmKind, Made>();
    kept.set(db, ofDatabase);
    const made = ofDatabase.get(realm.kind) ?? make(db, realm);
    ofDatabase.set(realm.kind, made);
    return made;
  };
}
