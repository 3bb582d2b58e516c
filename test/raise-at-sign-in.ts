import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import type { TestApp } from './test-app.ts';

/** The database's error text, which no answer may repeat. */
const inside =
  'row (hunter2, $2b$12$abc) in SELECT * FROM users at /srv/adl/src/store.ts:12 on db.internal';

/** From now until the end of the test, a new session fails in the database with that SQLSTATE. */
export async function raiseAtSignIn(t: TestContext, { db }: TestApp, state: string): Promise<void> {
  await sql`CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS ${sql.lit(
    `BEGIN RAISE EXCEPTION '${inside}' USING ERRCODE = '${state}', DETAIL = '${inside}', HINT = '${inside}'; END`,
  )}`.execute(db);
  await sql`CREATE TRIGGER fail BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION fail()`.execute(
    db,
  );
  t.after(() => sql`DROP TRIGGER fail ON sessions`.execute(db));
}
