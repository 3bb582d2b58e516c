import { sql } from 'kysely';
import { compileOnce } from '../../platform/database/compile-once.ts';
import type { Database } from '../../platform/database/database.ts';
import { loadTogether } from '../../platform/database/load-together.ts';
import { type Account, notDeleted } from '../accounts/account-store.ts';
import { oncePerRealm } from '../realms/once-per-realm.ts';
import { byRealm, type Realm } from '../realms/realms.ts';
import { isGoodKey } from '../signing-keys/signing-key-store.ts';
import { readProof } from './proof.ts';
import { type Caller, live } from './session-store.ts';

/** `keyId` is that of the access token's signature; null for one that no stored key made. */
type Asked = { sessionId: string; subjectId: string; keyId: string | null };

type CallerRow = Account & {
  place: number;
  methods: string;
  authenticated_at: Date;
  level: number;
  proof_age: number;
  factor_age: number | null;
  renewal_age: number | null;
};

/**
 * The caller, in one query, which all requests of the moment share. Null unless the session is
 * live, the account active and not deleted, and the signing key not revoked.
 */
export async function findCaller(db: Database, realm: Realm, asked: Asked): Promise<Caller | null> {
  return (await finderOf(db, realm)(asked)) ?? null;
}

const finderOf = oncePerRealm((db, realm) =>
  loadTogether(db, (connection, asked: readonly Asked[]) => loadCallers(connection, realm, asked)),
);

type Values = { sessionIds: string[]; subjectIds: string[]; keyIds: (string | null)[] };

const load = byRealm(loadIn);

function loadIn(realm: Realm) {
  const ofRealm =
    realm.kind === 'user'
      ? sql`is_superuser, is_email_verified, metadata, app_metadata`
      : sql`is_superadmin`;
  return compileOnce<Values, CallerRow>(
    (value) => sql`
    SELECT place::int, account.id, username, email, full_name, is_active, legacy_id, last_login_at,
           account.created_at, updated_at, has_second_factor,
           methods, coalesce(authenticated_at, sessions.created_at) AS authenticated_at, level,
           extract(epoch FROM now() - coalesce(authenticated_at, sessions.created_at))::float8 AS proof_age,
           extract(epoch FROM now() - factor_shown_at)::float8 AS factor_age,
           extract(epoch FROM now() - renewed_at)::float8 AS renewal_age,
           ${ofRealm}
      FROM unnest(${value('sessionIds')}::uuid[], ${value('subjectIds')}::uuid[],
                  ${value('keyIds')}::text[])
             WITH ORDINALITY AS asked (session_id, account_id, signed_by, place)
      JOIN sessions ON sessions.id = asked.session_id AND subject_id = account_id
      JOIN ${sql.table(realm.table)} AS account ON account.id = account_id
     WHERE subject_kind = ${realm.kind} AND ${live} AND account.is_active AND ${notDeleted(realm)}
       AND (signed_by IS NULL OR ${isGoodKey(sql`signed_by`)})`,
  );
}

async function loadCallers(
  db: Database,
  realm: Realm,
  asked: readonly Asked[],
): Promise<(asked: Asked) => Caller | undefined> {
  const rows = await load[realm.kind](db, {
    sessionIds: asked.map(({ sessionId }) => sessionId),
    subjectIds: asked.map(({ subjectId }) => subjectId),
    keyIds: asked.map(({ keyId }) => keyId),
  });
  const found = new Map(rows.map((row) => [asked[row.place - 1], callerOf(row)]));
  return (one) => {
    const account = found.get(one);
    return account && { ...account, sessionId: one.sessionId };
  };
}

function callerOf(row: CallerRow): Omit<Caller, 'sessionId'> {
  const { place, methods, authenticated_at, level, ...rest } = row;
  const { proof_age, factor_age, renewal_age, ...account } = rest;
  const proof = readProof({ methods, authenticated_at, level, created_at: authenticated_at });
  const ages = {
    ageSeconds: proof_age,
    factorAgeSeconds: factor_age,
    renewalAgeSeconds: renewal_age,
  };
  return { account, proof: { ...proof, ...ages } };
}
