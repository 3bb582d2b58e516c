import { sql } from 'kysely';
import { now, secondsFromNow, type Transaction } from '../../platform/database/database.ts';
import type { Realm } from '../realms/realms.ts';
import { currentSigningKey } from '../signing-keys/signing-key-store.ts';
import { levelOf, type ProofMethod, showsSecondFactor, writeMethods } from './proof.ts';
import { type Lifetimes, live, revocation } from './session-store.ts';
import type { TokenProof } from './token-proof.ts';

export type NewSession = {
  id: string;
  subjectId: string;
  keyId: string;
  tokenHash: Buffer;
  ip: string;
  userAgent: string | null;
  deviceHash: Buffer;
  methods: readonly ProofMethod[];
};

/** Call it only while the same transaction holds the lock on the account and has found it valid. */
export async function insertSession(
  trx: Transaction,
  realm: Realm,
  session: NewSession,
  lifetimes: Lifetimes,
): Promise<TokenProof> {
  const { methods } = session;
  const level = levelOf(methods);
  const row = await trx
    .insertInto('sessions')
    .values({
      id: session.id,
      subject_kind: realm.kind,
      subject_id: session.subjectId,
      key_id: session.keyId,
      generation: 0,
      current_hash: session.tokenHash,
      created_at: now,
      last_used_at: now,
      idle_expires_at: secondsFromNow(Math.min(lifetimes.idleSeconds, lifetimes.maxSeconds)),
      absolute_expires_at: secondsFromNow(lifetimes.maxSeconds),
      ip: session.ip,
      user_agent: session.userAgent,
      device_hash: session.deviceHash,
      methods: writeMethods(methods),
      authenticated_at: now,
      factor_shown_at: showsSecondFactor(methods) ? now : null,
      level,
    })
    .returning(['created_at', currentSigningKey.as('signing_key_id')])
    .executeTakeFirstOrThrow();
  const { created_at: authenticatedAt, signing_key_id: signingKeyId } = row;
  return { methods, authenticatedAt, level, signingKeyId };
}

/**
 * `isNewDevice`: the subject has signed in before, but never from this device. `live` counts its
 * live sessions.
 */
export async function lookAtSessions(
  trx: Transaction,
  realm: Realm,
  { subjectId, deviceHash }: Pick<NewSession, 'subjectId' | 'deviceHash'>,
): Promise<{ isNewDevice: boolean; live: number }> {
  const row = await trx
    .selectFrom('sessions')
    .select(sql<boolean | null>`bool_or(device_hash = ${deviceHash})`.as('known'))
    .select(sql<number>`count(*) FILTER (WHERE ${live})::int`.as('live'))
    .where('subject_kind', '=', realm.kind)
    .where('subject_id', '=', subjectId)
    .executeTakeFirstOrThrow();
  return { isNewDevice: row.known === false, live: row.live };
}

/** Ends all live sessions of a subject except the `max` most recently used ones (ASVS V7.1.2). */
export async function evictIdleSessions(
  trx: Transaction,
  realm: Realm,
  subjectId: string,
  max: number,
): Promise<void> {
  await trx
    .updateTable('sessions')
    .set(revocation('session_limit'))
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('sessions')
        .select('id')
        .where('subject_kind', '=', realm.kind)
        .where('subject_id', '=', subjectId)
        .where(live)
        .orderBy('last_used_at', 'desc')
        .orderBy('id', 'desc')
        .offset(max),
    )
    .execute();
}
