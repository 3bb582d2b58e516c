import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { loadTogether } from '../../platform/database/load-together.ts';
import { type Account, notDeleted } from '../accounts/account-store.ts';
import type { Realm, RealmKind } from '../realms/realms.ts';
import { type Caller, live } from './session-store.ts';

type Asked = { sessionId: string; subjectId: string };
type Found = Account & { session_id: string };
type Finder = (asked: Asked) => Promise<Account | undefined>;

const finders = new WeakMap<Database, Partial<Record<RealmKind, Finder>>>();

/**
 * The caller, in one query, which all requests of the moment share. Null unless the session is live
 * and the account active and not deleted.
 */
export async function findCaller(
  db: Database,
  realm: Realm,
  sessionId: string,
  subjectId: string,
): Promise<Caller | null> {
  const account = await finderOf(db, realm)({ sessionId, subjectId });
  return account ? { account, sessionId } : null;
}

function finderOf(db: Database, realm: Realm): Finder {
  const ofRealm = finders.get(db) ?? {};
  finders.set(db, ofRealm);
  ofRealm[realm.kind] ??= loadTogether(db, (connection, asked: readonly Asked[]) =>
    loadCallers(connection, realm, asked),
  );
  return ofRealm[realm.kind] as Finder;
}

async function loadCallers(
  db: Database,
  realm: Realm,
  asked: readonly Asked[],
): Promise<(asked: Asked) => Account | undefined> {
  const ofRealm =
    realm.kind === 'user'
      ? sql`is_superuser, is_email_verified, metadata, app_metadata`
      : sql`is_superadmin`;
  const { rows } = await sql<Found>`
    SELECT sessions.id AS session_id, account.id, username, email, full_name, is_active, legacy_id, last_login_at,
           account.created_at, updated_at, ${ofRealm}
      FROM unnest(${asked.map(({ sessionId }) => sessionId)}::uuid[], ${asked.map(({ subjectId }) => subjectId)}::uuid[])
             AS asked (session_id, account_id)
      JOIN sessions ON sessions.id = asked.session_id AND subject_id = account_id
      JOIN ${sql.table(realm.table)} AS account ON account.id = account_id
     WHERE subject_kind = ${realm.kind} AND ${live} AND account.is_active AND ${notDeleted(realm)}`.execute(
    db,
  );
  const found = new Map(rows.map(({ session_id, ...account }) => [session_id, account]));
  return ({ sessionId, subjectId }) => {
    const account = found.get(sessionId);
    return account?.id === subjectId ? account : undefined;
  };
}
