import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { signedInUser } from '../../../test/factories.ts';
import { startWithoutDatabase } from '../../../test/second-app.ts';
import { signedInTo } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { realms, userRealm } from '../realms/realms.ts';
import { endAllSessions } from '../revocation/end-all-sessions.ts';
import { findCaller } from './find-caller.ts';

function signedInUsers(service: TestApp, count: number) {
  return Promise.all(Array.from({ length: count }, () => signedInUser(service)));
}

test('of many requests at once each gets what is theirs', async (t) => {
  const service = await createTestApp(t);
  const users = await signedInUsers(service, 12);
  // One of them asks twice.
  const asking = [...users, ...users.slice(0, 1)];
  const answers = await Promise.all(
    asking.map(({ accessToken: token }) => service.api.get('/api/users/me', { token })),
  );
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.id, body.username]),
    asking.map(({ id, username }) => [200, id, username]),
  );
});

test('callers that ask in one turn are loaded by one statement', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  await signedInUsers(service, 12);
  const sessions = await service.db.selectFrom('sessions').select(['id', 'subject_id']).execute();
  // One of them asks twice.
  const asking = [...sessions, ...sessions.slice(0, 1)];
  const before = service.statements().length;
  const callers = await Promise.all(
    asking.map(({ id: sessionId, subject_id: subjectId }) =>
      findCaller(service.db, userRealm, { sessionId, subjectId, keyId: null }),
    ),
  );
  assert.deepEqual(
    callers.map((caller) => [caller?.sessionId, caller?.account.id]),
    asking.map(({ id, subject_id: subjectId }) => [id, subjectId]),
  );
  assert.equal(asking.length, 13);
  assert.equal(service.statements().length - before, 1);
});

test('among many callers at once those without a live session or account get 401', async (t) => {
  const service = await createTestApp(t);
  const users = await signedInUsers(service, 6);
  const [signedOut, deactivated, deleted, ...others] = users;
  await endAllSessions(service.deps, userRealm, String(signedOut?.id), {
    change: 'logout_all',
    event: 'sign_out_everywhere',
    actor: { kind: 'user', id: String(signedOut?.id) },
  });
  await service.db
    .updateTable('users')
    .set({ is_active: false })
    .where('id', '=', String(deactivated?.id))
    .execute();
  await sql`UPDATE users SET deleted_at = now(), deleted_by = 'admin', erase_at = now() + interval '1 day'
    WHERE id = ${deleted?.id}`.execute(service.db);
  const answers = await Promise.all(
    users.map(({ accessToken: token }) => service.api.get('/api/users/me', { token })),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 401, 401, 200, 200, 200],
  );
  assert.deepEqual(
    answers.slice(3).map(({ body }) => body.id),
    others.map(({ id }) => id),
  );
});

test('a session that ended while its request waits for the database is not let in', async (t) => {
  const service = await createTestApp(t);
  const [ended, other] = await signedInUsers(service, 2);
  const trx = await service.db.startTransaction().execute();
  const asked = [ended, other].map((user) =>
    service.api.get('/api/users/me', { token: String(user?.accessToken) }),
  );
  await trx
    .updateTable('sessions')
    .set({ revoked_at: sql<Date>`now()`, revoke_reason: 'logout' })
    .where('subject_id', '=', String(ended?.id))
    .execute();
  await trx.commit().execute();
  const late = service.api.get('/api/users/me', { token: String(ended?.accessToken) });
  assert.equal((await late).status, 401);
  const [first, second] = await Promise.all(asked);
  // On the embedded database both wait for the transaction.
  if (service.deps.engine.isEmbedded) assert.equal(first?.status, 401);
  assert.equal(second?.status, 200);
});

for (const realm of realms) {
  test(`${realm.kind}: without the database all who ask at once get a 503`, async (t) => {
    const service = await createTestApp(t);
    const { accessToken: token } = await signedInTo(service, realm);
    const { api } = await startWithoutDatabase(t, service);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.get(`${realm.path}/me`, { token })),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [503, 503, 503, 503, 503],
    );
    assert.equal((await service.api.get(`${realm.path}/me`, { token })).status, 200);
  });
}
