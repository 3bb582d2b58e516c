import { randomUUIDv7 } from 'node:crypto';
import type { Selectable } from 'kysely';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/database/database-errors.ts';
import { conflict } from '../../platform/errors.ts';
import type { ProvidedIdentity } from '../providers/provider.ts';
import type { IdentityRow } from './identity-rows.ts';

export type Identity = Selectable<IdentityRow>;

/** Who somebody is at a provider, whatever the configuration calls it. */
type Key = Pick<ProvidedIdentity, 'issuer' | 'subject'>;

const mostIdentities = 10;

/** Somebody else was faster to link it. */
export class IdentityTakenError extends Error {}

export async function findIdentity(db: Database, key: Key): Promise<Identity | null> {
  const query = db.selectFrom('identities').selectAll().where('issuer', '=', key.issuer);
  return (await query.where('subject', '=', key.subject).executeTakeFirst()) ?? null;
}

/** Oldest first. */
export async function listIdentities(db: Database, userId: string): Promise<Identity[]> {
  const query = db.selectFrom('identities').selectAll().where('user_id', '=', userId);
  return query.orderBy('id').execute();
}

/**
 * Call it only while the user's row is locked. Throws 409 if the user has too many, and
 * `IdentityTakenError` if some user has it already.
 */
export async function insertIdentity(
  trx: Transaction,
  userId: string,
  { provider, issuer, subject, email }: ProvidedIdentity,
): Promise<void> {
  if ((await listIdentities(trx, userId)).length >= mostIdentities)
    throw conflict(
      `An account is linked to at most ${mostIdentities} others; unlink one first`,
      'too_many_identities',
      'identity',
    );
  const times = { created_at: now, last_used_at: null };
  await trx
    .insertInto('identities')
    .values({ id: randomUUIDv7(), user_id: userId, provider, issuer, subject, email, ...times })
    .execute()
    .catch((error: unknown) => {
      if (violatedConstraint(error) !== 'identities_subject_unique') throw error;
      throw new IdentityTakenError('the identity is linked', { cause: error });
    });
}

/** Notes a sign-in; false if the identity no longer belongs to the user. */
export async function useIdentity(
  trx: Transaction,
  userId: string,
  { issuer, subject, email }: ProvidedIdentity,
): Promise<boolean> {
  const result = await trx
    .updateTable('identities')
    .set({ last_used_at: now, email })
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Null if the user has no such identity. Call it only while the user's row is locked. */
export async function deleteIdentity(
  trx: Transaction,
  userId: string,
  id: string,
): Promise<Identity | null> {
  const query = trx.deleteFrom('identities').where('id', '=', id).where('user_id', '=', userId);
  return (await query.returningAll().executeTakeFirst()) ?? null;
}

export async function deleteIdentitiesOf(trx: Transaction, userId: string): Promise<void> {
  await trx.deleteFrom('identities').where('user_id', '=', userId).execute();
}
