import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { signedInUser } from '../../../test/factories.ts';
import { eventually } from '../../../test/faults/eventually.ts';
import { refresh, refreshed } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { onPostgres } from '../../../test/test-database.ts';
import { userRealm } from '../realms/realms.ts';
import { rotateSession } from './rotate-session.ts';

/** For the session of a user who has just signed in. */
async function newRotation(service: TestApp) {
  const { id: subjectId } = await signedInUser(service);
  const { id: sessionId, current_hash: presentedHash } = await service.db
    .selectFrom('sessions')
    .select(['id', 'current_hash'])
    .where('subject_id', '=', subjectId)
    .executeTakeFirstOrThrow();
  const rotation = {
    sessionId,
    generation: 0,
    presentedHash,
    successorHash: Buffer.alloc(32),
    keyId: service.keys.current.kid,
    idempotencyHash: null,
    rotatedByHash: null,
    idleSeconds: 60,
  };
  return { ...rotation, subjectId };
}

test('many refreshes at once share their statements, and each gets its own tokens', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const users = await Promise.all(Array.from({ length: 12 }, () => signedInUser(service)));
  const before = service.statements().length;
  const renewed = await Promise.all(
    users.map(({ refreshToken }) => refreshed(service.api, userRealm, refreshToken)),
  );
  const statements = service.statements().length - before;
  assert.ok(statements <= 4, `${statements}`);
  for (const [at, { accessToken: token }] of renewed.entries()) {
    const { body } = await service.api.get('/api/users/me', { token });
    assert.equal(body.username, users[at]?.username);
  }
  for (const { refreshToken } of renewed) await refreshed(service.api, userRealm, refreshToken);
});

test('of one token among others at once, one use gets tokens', async (t) => {
  const service = await createTestApp(t);
  const [twice, other] = [await signedInUser(service), await signedInUser(service)];
  const tokens = [twice, other, twice, twice].map(({ refreshToken }) => refreshToken);
  const answers = await Promise.all(tokens.map((token) => refresh(service.api, userRealm, token)));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses[1], 200);
  assert.deepEqual(statuses.toSpliced(1, 1).toSorted(), [200, 401, 401]);
});

test('a locked session holds up its own renewal and none that shares its statement', {
  skip: !onPostgres && 'the embedded database has one connection',
}, async (t) => {
  const service = await createTestApp(t);
  const { db } = service;
  const [locked, other] = [await newRotation(service), await newRotation(service)];
  const trx = await db.startTransaction().execute();
  t.after(() => trx.isCommitted || trx.rollback().execute());
  await sql`SELECT FROM sessions WHERE id = ${locked.sessionId} FOR UPDATE`.execute(trx);
  let isRenewed = false;
  // Asked for in one turn of the event loop.
  const waiting = rotateSession(db, userRealm, locked).finally(() => {
    isRenewed = true;
  });
  const renewed = await rotateSession(db, userRealm, other);
  assert.equal(renewed?.subjectId, other.subjectId);
  await eventually('its own statement waits for the lock', async () => {
    const { rows } = await sql`
      SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE sessions SET%'
         AND datname = current_database()`.execute(db);
    return rows.length === 1;
  });
  assert.equal(isRenewed, false);
  await trx.commit().execute();
  assert.equal((await waiting)?.subjectId, locked.subjectId);
});

test('each session of a shared statement gets its own idle lifetime', async (t) => {
  const service = await createTestApp(t);
  const { db } = service;
  const long = { ...(await newRotation(service)), idleSeconds: 3600 };
  const short = { ...(await newRotation(service)), idleSeconds: 60 };
  await Promise.all([long, short].map((rotation) => rotateSession(db, userRealm, rotation)));
  for (const { sessionId, idleSeconds } of [long, short]) {
    const { rows } = await sql<{ seconds: number }>`
      SELECT extract(epoch FROM idle_expires_at - last_used_at)::float8 AS seconds
        FROM sessions WHERE id = ${sessionId}`.execute(db);
    assert.equal(rows[0]?.seconds, idleSeconds);
  }
});
