import { randomUUIDv7 } from 'node:crypto';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/database/database-errors.ts';
import { conflict } from '../../platform/errors.ts';
import type { Party } from '../realms/realms.ts';
import type { PasskeyRow } from './passkey-rows.ts';

export type Passkey = Omit<Selectable<PasskeyRow>, 'counter'>;

/** What an authenticator made; everything but the name is of its answer. */
export type NewPasskey = Pick<
  Passkey,
  'credential_id' | 'public_key' | 'transports' | 'is_synced'
> & { counter: number };

const mostPasskeys = 20;

const columns = [
  'id',
  'subject_kind',
  'subject_id',
  'credential_id',
  'public_key',
  'transports',
  'is_synced',
  'name',
  'created_at',
  'last_used_at',
] as const;

/**
 * Call it only while the account's row is locked. Throws 409 if the account has too many, or if any
 * account of any realm has this credential: two owners of one would make a sign-in ambiguous.
 */
export async function insertPasskey(
  trx: Transaction,
  owner: Party,
  { name, ...made }: NewPasskey & { name: string },
): Promise<Passkey> {
  await requireRoom(trx, owner);
  return trx
    .insertInto('passkeys')
    .values({
      id: randomUUIDv7(),
      subject_kind: owner.kind,
      subject_id: owner.id,
      ...made,
      name,
      created_at: now,
      last_used_at: null,
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
    .catch(namingCollision);
}

/** Throws 409 if the account has as many passkeys as it may have. */
export async function requireRoom(db: Database, owner: Party): Promise<void> {
  if ((await listPasskeys(db, owner)).length < mostPasskeys) return;
  throw conflict(
    `An account has at most ${mostPasskeys} passkeys; remove one first`,
    'too_many_passkeys',
    'passkey',
  );
}

export function existsPasskeyOf({ kind, id }: Party): RawBuilder<boolean> {
  return sql`EXISTS (SELECT FROM passkeys WHERE subject_id = ${id} AND subject_kind = ${kind})`;
}

export async function listPasskeys(db: Database, { kind, id }: Party): Promise<Passkey[]> {
  const query = db.selectFrom('passkeys').select(columns).where('subject_id', '=', id);
  return query.where('subject_kind', '=', kind).orderBy('id').execute();
}

/** Of an account of that realm only; null if there is none. */
export async function findPasskey(
  db: Database,
  { kind }: Pick<Party, 'kind'>,
  credentialId: Buffer,
): Promise<Passkey | null> {
  const query = db.selectFrom('passkeys').select(columns).where('credential_id', '=', credentialId);
  return (await query.where('subject_kind', '=', kind).executeTakeFirst()) ?? null;
}

/** What the authenticator counted at this use; WebAuthn has it only grow, or stay at zero. */
export type Use = { passkey: Pick<Passkey, 'id'>; counter: number };

/**
 * Checks the counter and keeps it, in one statement. False if it did not grow (somebody may have
 * copied the key, WebAuthn § 6.1.1), or if the passkey was removed meanwhile.
 */
export async function countUse(trx: Transaction, { passkey, counter }: Use): Promise<boolean> {
  const result = await trx
    .updateTable('passkeys')
    .set({ counter, last_used_at: now })
    .where('id', '=', passkey.id)
    .where(sql<boolean>`(counter < ${counter} OR (counter = 0 AND ${counter} = 0))`)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function hasPasskey(db: Database, { id }: Pick<Passkey, 'id'>): Promise<boolean> {
  const query = db.selectFrom('passkeys').select('id').where('id', '=', id);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Null if the account has no such passkey. */
export async function renamePasskey(
  trx: Transaction,
  owner: Party,
  id: string,
  name: string,
): Promise<Passkey | null> {
  const query = trx.updateTable('passkeys').set({ name }).where('id', '=', id);
  const own = query.where('subject_kind', '=', owner.kind).where('subject_id', '=', owner.id);
  return (await own.returning(columns).executeTakeFirst()) ?? null;
}

/** False if the account has no such passkey. Call it only while the account's row is locked. */
export async function deletePasskey(trx: Transaction, owner: Party, id: string): Promise<boolean> {
  const query = trx.deleteFrom('passkeys').where('id', '=', id);
  const own = query.where('subject_kind', '=', owner.kind).where('subject_id', '=', owner.id);
  return (await own.executeTakeFirst()).numDeletedRows === 1n;
}

export async function deletePasskeysOf(trx: Transaction, { kind, id }: Party): Promise<void> {
  const query = trx.deleteFrom('passkeys').where('subject_id', '=', id);
  await query.where('subject_kind', '=', kind).execute();
}

function namingCollision(error: unknown): never {
  if (violatedConstraint(error) !== 'passkeys_credential_unique') throw error;
  throw conflict('This passkey is already in use', 'passkey_in_use', 'passkey');
}
