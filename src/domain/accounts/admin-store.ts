import { sql } from 'kysely';
import type { Database, Transaction } from '../../platform/database/database.ts';

export async function adminExists(db: Database): Promise<boolean> {
  return (await db.selectFrom('admins').select('id').limit(1).executeTakeFirst()) !== undefined;
}

export async function superadminExists(db: Database): Promise<boolean> {
  const query = db.selectFrom('admins').select('id').where('is_superadmin', '=', true);
  return (await query.where('is_active', '=', true).limit(1).executeTakeFirst()) !== undefined;
}

/** Only one transaction at a time may decide whether to create the first admin. */
export async function lockAdminRegistration(trx: Transaction): Promise<void> {
  await sql`LOCK TABLE admins IN SHARE ROW EXCLUSIVE MODE`.execute(trx);
}

/** Locks the admin's row; false unless it is an active superadmin. */
export async function lockSuperadmin(trx: Transaction, id: string): Promise<boolean> {
  const query = trx.selectFrom('admins').select('id').where('id', '=', id);
  const row = await query
    .where('is_superadmin', '=', true)
    .where('is_active', '=', true)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** Locks all active superadmins in order of id, against deadlocks, and returns their ids. */
export async function lockActiveSuperadmins(trx: Transaction): Promise<string[]> {
  const query = trx
    .selectFrom('admins')
    .select('id')
    .where('is_superadmin', '=', true)
    .where('is_active', '=', true);
  const rows = await query.orderBy('id').forUpdate().execute();
  return rows.map((row) => row.id);
}
