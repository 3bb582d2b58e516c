import { type Selectable, sql } from 'kysely';
import type { Config } from '../../configuration/config.ts';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { type Account, notDeleted } from '../accounts/account-store.ts';
import type { Party, Realm } from '../realms/realms.ts';
import { currentSigningKey } from '../signing-keys/signing-key-store.ts';
import type { CallerProof } from './proof.ts';
import type { SessionRow } from './session-row.ts';

export type SessionRecord = Selectable<SessionRow>;

/** The signed-in account of a request, as currently stored. */
export type Caller = { account: Account; sessionId: string; proof: CallerProof };

export type Lifetimes = Config['userSessions'];

/** A locked session; `usable` if it is live and its account is active. */
export type LockedSession = SessionRecord & {
  usable: boolean;
  seconds_since_rotation: number | null;
  signing_key_id: string | null;
};

/** Locks the session, live or not. Null if there is none. */
export async function lockSession(
  trx: Transaction,
  realm: Realm,
  sessionId: string,
): Promise<LockedSession | null> {
  const row = await trx
    .selectFrom('sessions')
    .selectAll()
    .select([
      sql<boolean>`(${live} AND ${ofActiveAccount(realm)})`.as('usable'),
      currentSigningKey.as('signing_key_id'),
      sql<number | null>`extract(epoch FROM now() - rotated_at)::float8`.as(
        'seconds_since_rotation',
      ),
    ])
    .where('id', '=', sessionId)
    .where('subject_kind', '=', realm.kind)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

export async function listLiveSessions(
  db: Database,
  realm: Realm,
  subjectId: string,
): Promise<SessionRecord[]> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('subject_kind', '=', realm.kind)
    .where('subject_id', '=', subjectId)
    .where(live)
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/** Ends a live session and returns its subject, or null. `subjectId` restricts it to one owner. */
export async function revokeSession(
  db: Database,
  realm: Realm,
  session: { id: string; subjectId?: string },
  reason: string,
): Promise<string | null> {
  let query = db
    .updateTable('sessions')
    .set(revocation(reason))
    .where('id', '=', session.id)
    .where('subject_kind', '=', realm.kind)
    .where(live);
  if (session.subjectId !== undefined) query = query.where('subject_id', '=', session.subjectId);
  return (await query.returning('subject_id').executeTakeFirst())?.subject_id ?? null;
}

/** Ends all sessions, or all but one. Call it while the account's row is locked (deadlocks). */
export async function revokeSessionsOf(
  trx: Transaction,
  realm: Realm,
  subjectId: string,
  reason: string,
  exceptSessionId?: string,
): Promise<void> {
  let query = trx
    .updateTable('sessions')
    .set(revocation(reason))
    .where('subject_kind', '=', realm.kind)
    .where('subject_id', '=', subjectId)
    .where('revoked_at', 'is', null);
  if (exceptSessionId !== undefined) query = query.where('id', '!=', exceptSessionId);
  await query.execute();
}

/** Ends the sessions of everybody. On a connection without time limits: there may be millions. */
export async function revokeEverySession(trx: Transaction, reason: string): Promise<number> {
  const query = trx.updateTable('sessions').set(revocation(reason)).where('revoked_at', 'is', null);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}

/** Whether the subject signed in from the network, a CIDR range, in the last 30 days. */
export async function hasSignedInFrom(
  db: Database,
  realm: Realm,
  subjectId: string,
  network: string,
): Promise<boolean> {
  const query = db
    .selectFrom('sessions')
    .select('id')
    .where('subject_kind', '=', realm.kind)
    .where('subject_id', '=', subjectId)
    .where(sql<boolean>`ip::inet <<= ${network}::inet`)
    .where('created_at', '>', secondsFromNow(-durations.days(30)));
  return (await query.limit(1).executeTakeFirst()) !== undefined;
}

/** Deletes sessions whose absolute expiry is more than `keptDays` ago. */
export async function deleteEndedSessions(db: Database, keptDays: number): Promise<void> {
  const before = sql<Date>`now() - make_interval(days => ${keptDays})`;
  const ended = db.selectFrom('sessions').select('id').where('absolute_expires_at', '<', before);
  await db.deleteFrom('sessions').where('id', 'in', ended.limit(cleanUpRows)).execute();
}

/** All sessions of a party, also ended ones, for `inBatches`. */
export function readSessionsOf(db: Database, { kind, id }: Party) {
  return (last: SessionRecord | undefined, limit: number): Promise<SessionRecord[]> => {
    const query = db.selectFrom('sessions').selectAll().where('subject_id', '=', id);
    const rest = last === undefined ? query : query.where('id', '>', last.id);
    return rest.where('subject_kind', '=', kind).orderBy('id').limit(limit).execute();
  };
}

export async function deleteSessionsOf(trx: Transaction, { kind, id }: Party): Promise<void> {
  await trx
    .deleteFrom('sessions')
    .where('subject_id', '=', id)
    .where('subject_kind', '=', kind)
    .execute();
}

/** Locks the caller's session until the transaction ends; false if it has ended meanwhile. */
export async function lockLiveSession(
  trx: Transaction,
  realm: Realm,
  sessionId: string,
): Promise<boolean> {
  const query = trx
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', sessionId)
    .where('subject_kind', '=', realm.kind);
  return (await query.where(live).forUpdate().executeTakeFirst()) !== undefined;
}

export const live = sql<boolean>`(revoked_at IS NULL AND idle_expires_at > now() AND absolute_expires_at > now())`;

export function ofActiveAccount(realm: Realm) {
  return sql<boolean>`EXISTS (SELECT FROM ${sql.table(realm.table)} AS account
    WHERE account.id = sessions.subject_id AND account.is_active AND ${notDeleted(realm)})`;
}

export function revocation(reason: string) {
  return { revoked_at: now, revoke_reason: reason };
}
