import { type Generated, sql } from 'kysely';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import type { Party, RealmKind } from '../realms/realms.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    idempotency_keys: IdempotencyRow;
  }
}

type IdempotencyRow = {
  key_hash: Buffer;
  account_kind: RealmKind;
  account_id: string;
  /** Of the secret in `request_digest` and `answer`. */
  key_id: string;
  request_digest: Buffer;
  as_superadmin: boolean;
  /** The attempt that may carry the request out. */
  holder: string;
  lease_until: Date;
  is_carried_out: Generated<boolean>;
  status: number | null;
  answer: Buffer | null;
  expires_at: Date;
};

/** Longer than any request takes. */
const leaseSeconds = 30;
const keptSeconds = durations.days(1);
const mostOfAccount = 1000;

export type Claim = {
  key_hash: Buffer;
  account: Party;
  key_id: string;
  request_digest: Buffer;
  as_superadmin: boolean;
  holder: string;
};

/**
 * Makes this attempt the only one that may carry the request out; false if another one is at it, or
 * has been. An attempt that ended without effect, and without a word, is taken over after its
 * lease.
 */
export async function claimKey(db: Database, { account, ...claim }: Claim): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO idempotency_keys AS kept (key_hash, account_kind, account_id, key_id, request_digest, as_superadmin,
                                          holder, lease_until, expires_at)
    VALUES (${claim.key_hash}, ${account.kind}, ${account.id}, ${claim.key_id}, ${claim.request_digest},
            ${claim.as_superadmin}, ${claim.holder}, ${secondsFromNow(leaseSeconds)}, ${secondsFromNow(keptSeconds)})
    ON CONFLICT (key_hash) DO UPDATE SET
      key_id = excluded.key_id, request_digest = excluded.request_digest, as_superadmin = excluded.as_superadmin,
      holder = excluded.holder, lease_until = excluded.lease_until, expires_at = excluded.expires_at,
      is_carried_out = false, status = NULL, answer = NULL
      WHERE kept.expires_at <= now()
         OR (NOT kept.is_carried_out AND kept.status IS NULL AND kept.lease_until <= now())
    RETURNING holder`.execute(db);
  return rows.length === 1;
}

/** A busy account keeps its newest keys. */
export async function forgetOldestOf(db: Database, { kind, id }: Party): Promise<void> {
  const kept = db.selectFrom('idempotency_keys').select('key_hash');
  const ofAccount = kept.where('account_id', '=', id).where('account_kind', '=', kind);
  const oldest = ofAccount.orderBy('expires_at', 'desc').offset(mostOfAccount);
  await db.deleteFrom('idempotency_keys').where('key_hash', 'in', oldest).execute();
}

export async function findKey(db: Database, keyHash: Buffer) {
  const query = db
    .selectFrom('idempotency_keys')
    .select(['key_id', 'request_digest', 'as_superadmin', 'is_carried_out', 'status', 'answer'])
    .select(sql<boolean>`lease_until > now()`.as('is_leased'));
  return (await query.where('key_hash', '=', keyHash).executeTakeFirst()) ?? null;
}

type Held = Pick<Claim, 'key_hash' | 'holder'>;

/**
 * Within the transaction of the change. False if the attempt has lost its claim: then roll back.
 */
export async function markCarriedOut(trx: Transaction, held: Held): Promise<boolean> {
  const query = trx.updateTable('idempotency_keys').set({ is_carried_out: true });
  const result = await query
    .where('key_hash', '=', held.key_hash)
    .where('holder', '=', held.holder)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function keepAnswer(
  db: Database,
  held: Held,
  status: number,
  answer: Buffer,
): Promise<void> {
  const query = db.updateTable('idempotency_keys').set({ status, answer, lease_until: now });
  await query.where('key_hash', '=', held.key_hash).where('holder', '=', held.holder).execute();
}

/** `always` false: only if nothing was carried out. */
export async function releaseKey(
  db: Database,
  held: Held,
  { always }: { always: boolean },
): Promise<void> {
  const query = db.deleteFrom('idempotency_keys').where('key_hash', '=', held.key_hash);
  const ofAttempt = query.where('holder', '=', held.holder);
  await (always ? ofAttempt : ofAttempt.where('is_carried_out', '=', false)).execute();
}

export async function deleteKeysOf(trx: Transaction, { kind, id }: Party): Promise<void> {
  const query = trx.deleteFrom('idempotency_keys').where('account_id', '=', id);
  await query.where('account_kind', '=', kind).execute();
}

export async function deleteExpiredKeys(db: Database): Promise<void> {
  const expired = db
    .selectFrom('idempotency_keys')
    .select('key_hash')
    .where('expires_at', '<=', now);
  await db
    .deleteFrom('idempotency_keys')
    .where('key_hash', 'in', expired.limit(cleanUpRows))
    .execute();
}
