import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { signedInUser } from '../factories.ts';
import { assertRefused, refresh, refreshed, signedInTo } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';

const key = 'attempt-1-of-this-client';

test('F13 no issued token, nor a usable part of one, is in the database or the log', async (t) => {
  const test = await createTestApp(t);
  const { api, db } = test;
  const accessTokens: string[] = [];
  const refreshTokens: string[] = [];
  for (const realm of realms) {
    const { refreshToken, accessToken } = await signedInTo(test, realm);
    refreshTokens.push(refreshToken);
    accessTokens.push(accessToken);
    for (let generation = 1; generation <= 3; generation += 1) {
      const next = await refreshed(api, realm, refreshTokens.at(-1) ?? '', key);
      refreshTokens.push(next.refreshToken);
      accessTokens.push(next.accessToken);
    }
    assertRefused(await refresh(api, realm, refreshToken), 'refresh_token_reused');
  }
  assert.equal(new Set(refreshTokens).size, 8);

  const stored = `${await everyColumn(db)}\n${test.logs()}`;
  for (const token of refreshTokens) {
    const bytes = Buffer.from(token.slice(3), 'base64url');
    const parts = { whole: bytes, secret: bytes.subarray(20, 52), tag: bytes.subarray(52) };
    assertAbsent(stored, 'token', Buffer.from(token));
    for (const [name, part] of Object.entries(parts)) assertAbsent(stored, name, part);
    // The control: the search finds the part that is stored.
    assert.ok(contains(stored, bytes.subarray(0, 16)), 'the session is stored under its id');
  }
  for (const token of accessTokens) {
    const [, , signature = ''] = token.split('.');
    assertAbsent(stored, 'access token', Buffer.from(token));
    assertAbsent(stored, 'signature', Buffer.from(signature, 'base64url'));
  }
  assertAbsent(stored, 'Idempotency-Key', Buffer.from(key));
});

test('hashes and ids of a session in the database do not work as tokens', async (t) => {
  const test = await createTestApp(t);
  const { refreshToken } = await signedInUser(test);
  await refreshed(test.api, userRealm, refreshToken);
  const [row] = await test.db.selectFrom('sessions').selectAll().execute();
  assert.ok(row?.previous_hash);
  const generation = Buffer.alloc(4);
  generation.writeUInt32BE(row.generation);
  const id = Buffer.from(row.id.replaceAll('-', ''), 'hex');
  for (const secret of [row.current_hash, row.previous_hash]) {
    for (const tag of [Buffer.alloc(16), row.current_hash.subarray(0, 16)]) {
      const made = Buffer.concat([id, generation, secret, tag]).toString('base64url');
      assertRefused(await refresh(test.api, userRealm, `r1.${made}`), 'invalid_refresh_token');
    }
  }
});

/** Every row of every table of every schema as text, bytea as hex. */
async function everyColumn(db: Database): Promise<string> {
  const tables = await sql<{ schema: string; name: string }>`
    SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`.execute(
    db,
  );
  const names = tables.rows.map(({ name }) => name);
  for (const expected of ['users', 'admins', 'sessions']) assert.ok(names.includes(expected));
  const texts: string[] = [];
  for (const { schema, name } of tables.rows) {
    const rows = await sql<{ row: string }>`
      SELECT each::text AS row FROM ${sql.id(schema, name)} AS each`.execute(db);
    texts.push(...rows.rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

function assertAbsent(stored: string, what: string, secret: Buffer): void {
  assert.ok(secret.length >= 16, what);
  assert.ok(!contains(stored, secret), `${what} is stored`);
}

/** As text, hex, base64 and base64url, and the hex of those; a uuid without its dashes. */
function contains(stored: string, secret: Buffer): boolean {
  const hex = secret.toString('hex');
  const spellings = [
    secret.toString('latin1'),
    hex,
    secret.toString('base64').replace(/=+$/, ''),
    secret.toString('base64url'),
  ];
  const lower = stored.toLowerCase();
  return (
    spellings.some(
      (spelling) =>
        stored.includes(spelling) || lower.includes(Buffer.from(spelling).toString('hex')),
    ) || lower.replaceAll('-', '').includes(hex)
  );
}
