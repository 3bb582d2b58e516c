import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { equalSecrets, sha256 } from '../../platform/crypto/secret-keys.ts';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';
import type { Party } from '../realms/realms.ts';
import { of } from './factor-rows.ts';

const codesAtOnce = 10;
// 80 bits in base32 (RFC 4648).
const letters = 'abcdefghijklmnopqrstuvwxyz234567';
const codeLength = 16;

/** Replaces the codes of an account by ten new ones; nobody can read them again. */
export async function replaceRecoveryCodes(trx: Transaction, owner: Party): Promise<string[]> {
  const codes = Array.from({ length: codesAtOnce }, newCode);
  await deleteRecoveryCodesOf(trx, owner);
  const rows = codes.map((code) => {
    const salt = randomBytes(16);
    const ofSubject = { subject_kind: owner.kind, subject_id: owner.id };
    const code_hash = hashOf(salt, code);
    return { id: randomUUIDv7(), ...ofSubject, salt, code_hash, created_at: now, used_at: null };
  });
  await trx.insertInto('recovery_codes').values(rows).execute();
  return codes.map(inGroups);
}

// 32 letters divide the values of a byte: none is more likely.
function newCode(): string {
  return Array.from(randomBytes(codeLength), (byte) => letters[byte % letters.length]).join('');
}

function inGroups(code: string): string {
  return code.replaceAll(/.{4}(?!$)/g, '$&-');
}

/** As people type it: in capitals, with or without the dashes. Null if it is no such code. */
export function readRecoveryCode(typed: string): string | null {
  const code = typed.replaceAll(/[\s-]/g, '').toLowerCase();
  return /^[a-z2-7]{16}$/.test(code) ? code : null;
}

/** Burns a code; gives when it was made. */
export async function burnRecoveryCode(
  trx: Transaction,
  owner: Party,
  code: string,
): Promise<Date | 'spent' | 'wrong'> {
  const columns = ['id', 'salt', 'code_hash'] as const;
  const codes = await trx.selectFrom('recovery_codes').select(columns).where(of(owner)).execute();
  const match = codes.find(({ salt, code_hash }) => equalSecrets(hashOf(salt, code), code_hash));
  if (match === undefined) return 'wrong';
  const query = trx.updateTable('recovery_codes').set({ used_at: now }).where('id', '=', match.id);
  const row = await query.where('used_at', 'is', null).returning('created_at').executeTakeFirst();
  return row?.created_at ?? 'spent';
}

export function hasRecoveryCode(owner: Party): RawBuilder<boolean> {
  return sql`EXISTS (SELECT FROM recovery_codes WHERE ${of(owner)} AND used_at IS NULL)`;
}

export async function countRecoveryCodes(
  db: Database | Transaction,
  owner: Party,
): Promise<number> {
  const query = unusedOf(db, owner).select(sql<number>`count(*)::int`.as('count'));
  return (await query.executeTakeFirst())?.count ?? 0;
}

export async function deleteRecoveryCodesOf(trx: Transaction, owner: Party): Promise<void> {
  await trx.deleteFrom('recovery_codes').where(of(owner)).execute();
}

export async function listRecoveryCodes(db: Database, owner: Party) {
  const query = db.selectFrom('recovery_codes').select(['created_at', 'used_at']);
  return query.where(of(owner)).orderBy('id').execute();
}

function unusedOf(db: Database | Transaction, owner: Party) {
  return db.selectFrom('recovery_codes').where(of(owner)).where('used_at', 'is', null);
}

function hashOf(salt: Buffer, code: string): Buffer {
  return sha256(Buffer.concat([salt, Buffer.from(code)]));
}
