import { randomUUIDv7 } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { SecretKeys } from '../../platform/crypto/secret-keys.ts';
import { compileOnce } from '../../platform/database/compile-once.ts';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import type { Party } from '../realms/realms.ts';
import { of } from './factor-rows.ts';
import { sealTotpSecret } from './totp-secret.ts';

export const defaultTotpName = 'Authenticator app';

const confirmSeconds = durations.hours(1);

type TotpFactor = { id: string; key_id: string; secret: Buffer };

/** `seconds_now` is the database's time. `confirmed_at` is that of one in force. */
export type CheckedTotp = TotpFactor & { confirmed_at: Date; seconds_now: number };

type NewTotp = TotpFactor & { owner: Party; name: string };

/** Not in force yet. Replaces one that the account has begun and not confirmed. */
export async function insertTotp(trx: Transaction, { owner, ...factor }: NewTotp): Promise<void> {
  await trx.deleteFrom('totp_factors').where(of(owner)).where('confirmed_at', 'is', null).execute();
  const ofSubject = { subject_kind: owner.kind, subject_id: owner.id };
  await trx
    .insertInto('totp_factors')
    .values({ ...factor, ...ofSubject, created_at: now })
    .execute();
}

export type ImportedTotp = { owner: Party; secret: Buffer };

/** For accounts that the same transaction inserts with `has_second_factor`. */
export async function insertTotpsInForce(
  trx: Transaction,
  keys: SecretKeys,
  apps: readonly ImportedTotp[],
): Promise<void> {
  const rows = apps.map(({ owner, secret }) => {
    const id = randomUUIDv7();
    const ofSubject = { subject_kind: owner.kind, subject_id: owner.id };
    const times = { created_at: now, confirmed_at: now };
    const sealed = sealTotpSecret(keys, { id, owner }, secret);
    return { id, ...ofSubject, name: defaultTotpName, ...sealed, ...times };
  });
  await trx.insertInto('totp_factors').values(rows).execute();
}

export async function listTotps(db: Database | Transaction, owner: Party) {
  return db
    .selectFrom('totp_factors')
    .where(of(owner))
    .select(['id', 'name', 'created_at', 'confirmed_at', 'last_used_at'])
    .where('confirmed_at', 'is not', null)
    .orderBy('id')
    .execute();
}

export function hasTotpInForce(owner: Party): RawBuilder<boolean> {
  return sql`EXISTS (SELECT FROM totp_factors WHERE ${of(owner)} AND confirmed_at IS NOT NULL)`;
}

export const findTotpsInForce = compileOnce<Party, CheckedTotp>(
  (value) => sql`
    SELECT id, key_id, secret, confirmed_at, extract(epoch FROM now())::float8 AS seconds_now
      FROM totp_factors
     WHERE subject_id = ${value('id')} AND subject_kind = ${value('kind')} AND confirmed_at IS NOT NULL`,
);

/** Null unless it was begun in the last hour and is not in force. */
export async function findBegunTotp(
  trx: Transaction,
  owner: Party,
  id: string,
): Promise<CheckedTotp | null> {
  const query = trx
    .selectFrom('totp_factors')
    .where(of(owner))
    .select(['id', 'key_id', 'secret', sql<Date>`confirmed_at`.as('confirmed_at')])
    .select(sql<number>`extract(epoch FROM now())::float8`.as('seconds_now'));
  const begun = query.where('id', '=', id).where('confirmed_at', 'is', null);
  const recent = begun.where('created_at', '>', secondsFromNow(-confirmSeconds));
  return (await recent.executeTakeFirst()) ?? null;
}

type Use = { factor: TotpFactor; owner: Party; step: number; from: 'in force' | 'begun' };

/**
 * Burns a time step, and writes the secret as it is sealed now; false if the step, or a later one,
 * was used before. One that lies in the future is forgotten: then the clock was set back.
 */
export async function burnStep(db: Database, { factor, owner, step, from }: Use): Promise<boolean> {
  const { id, key_id: keyId, secret } = factor;
  const burned = await burn[from](db, { ...owner, factorId: id, keyId, secret, step });
  return burned.length === 1;
}

type Burned = Party & { factorId: string; keyId: string; secret: Buffer; step: number };

const burn = {
  begun: burnOf(sql`confirmed_at IS NULL`),
  'in force': burnOf(sql`confirmed_at IS NOT NULL`),
};

function burnOf(some: RawBuilder<unknown>) {
  return compileOnce<Burned, { id: string }>(
    (value) => sql`
    UPDATE totp_factors
       SET last_step = ${value('step')}::bigint, last_used_at = now(), key_id = ${value('keyId')},
           secret = ${value('secret')}, confirmed_at = coalesce(confirmed_at, now())
     WHERE subject_id = ${value('id')} AND subject_kind = ${value('kind')} AND id = ${value('factorId')}
       AND ${some}
       AND (last_step IS NULL OR last_step < ${value('step')}::bigint OR last_step > ${value('step')}::bigint + 2)
    RETURNING id`,
  );
}

export async function deleteTotp(trx: Transaction, owner: Party, id: string): Promise<boolean> {
  const query = trx.deleteFrom('totp_factors').where(of(owner)).where('id', '=', id);
  return (await query.executeTakeFirst()).numDeletedRows === 1n;
}

export async function deleteTotpsOf(trx: Transaction, owner: Party): Promise<void> {
  await trx.deleteFrom('totp_factors').where(of(owner)).execute();
}

export async function deleteForgottenTotps(db: Database): Promise<void> {
  const begun = db.selectFrom('totp_factors').select('id').where('confirmed_at', 'is', null);
  const forgotten = begun.where('created_at', '<', secondsFromNow(-confirmSeconds));
  await db.deleteFrom('totp_factors').where('id', 'in', forgotten.limit(cleanUpRows)).execute();
}

/** How many factors are sealed with each secret, by its key id. */
export async function countTotpsByKey(db: Database): Promise<Map<string, number>> {
  const count = sql<number>`count(*)::int`.as('count');
  const query = db.selectFrom('totp_factors').select(['key_id', count]).groupBy('key_id');
  return new Map((await query.execute()).map(({ key_id, count: one }) => [key_id, one]));
}
