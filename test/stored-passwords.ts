import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Realm } from '../src/domain/realms/realms.ts';
import type { StoredPassword } from '../src/platform/hashing/password-schemes.ts';
import type { TestApp } from './test-app.ts';

/** What the database stores of an account's password. */
export async function storedPassword(
  { db }: TestApp,
  realm: Realm,
  username: string,
): Promise<StoredPassword & { version: number }> {
  const row = await db
    .selectFrom(realm.table as 'users')
    .select([
      'password_scheme as scheme',
      'password_hash as hash',
      'password_key as key',
      'password_version as version',
    ])
    .where('username', '=', username)
    .executeTakeFirst();
  assert.ok(row?.scheme && row.hash !== null, `${username} has no password`);
  return { ...row, scheme: row.scheme, hash: row.hash };
}

/** Replaces the account's hash, as an import would. */
export async function seedPassword(
  { db }: TestApp,
  realm: Realm,
  username: string,
  { scheme, hash, key }: StoredPassword,
): Promise<void> {
  await db
    .updateTable(realm.table as 'users')
    .set({ password_scheme: scheme, password_hash: hash, password_key: key })
    .where('username', '=', username)
    .executeTakeFirstOrThrow();
}

/** Every row of every table as text, with bytea in hex: what a stolen dump would show. */
export async function dumpRows({ db }: TestApp): Promise<string> {
  const tables = await sql<{ schema: string; name: string }>`
    SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`.execute(
    db,
  );
  const texts: string[] = [];
  for (const { schema, name } of tables.rows) {
    const { rows } = await sql<{ text: string }>`
      SELECT each::text AS text FROM ${sql.id(schema, name)} AS each`.execute(db);
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join('\n');
}
