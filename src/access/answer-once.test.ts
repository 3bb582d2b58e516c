import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../../test/api.ts';
import { goodPassword, signedInAdmin, signedInUser } from '../../test/factories.ts';
import { eventCount, keyed, newKey } from '../../test/idempotency-calls.ts';
import { startReplica } from '../../test/second-app.ts';
import { createTestApp, type TestApp } from '../../test/test-app.ts';
import { onPostgres } from '../../test/test-database.ts';

test('the same key and body get the same answer, and the change is made once', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  const put = (key: string, body: object) =>
    service.api.put('/api/users/me', body, keyed(token, key));
  const key = newKey();
  const first = await put(key, { full_name: 'Ada' });
  assertStatus(first, 200);
  assert.equal(first.headers['idempotency-replayed'], undefined);
  assertStatus(await put(newKey(), { full_name: 'Byron' }), 200);
  for (let count = 0; count < 3; count += 1) {
    const again = await put(key, { full_name: 'Ada' });
    assert.deepEqual([again.status, again.text], [200, first.text]);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.equal(again.headers.etag, first.headers.etag);
    assert.equal(again.headers['content-type'], first.headers['content-type']);
  }
  assert.equal(await eventCount(service, 'profile_changed'), 2);
  assert.equal((await service.api.get('/api/users/me', { token })).body.full_name, 'Byron');
});

test('an answer without a body, and a definite error, are repeated too', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const { accessToken: token } = await signedInAdmin(service);
  const path = `/api/admins/users/${user.id}/revoke-sessions`;
  const key = newKey();
  for (const replayed of [undefined, 'true', 'true']) {
    const answer = await service.api.post(path, undefined, keyed(token, key));
    assert.deepEqual([answer.status, answer.text], [204, '']);
    assert.equal(answer.headers['idempotency-replayed'], replayed);
  }
  assert.equal(await eventCount(service, 'user_sessions_revoked'), 1);
  const nobody = '/api/admins/users/01890a5d-ac96-774b-bcce-b302099a8057';
  const missing = newKey();
  const first = await service.api.patch(nobody, { is_active: false }, keyed(token, missing));
  const again = await service.api.patch(nobody, { is_active: false }, keyed(token, missing));
  assertStatus(first, 404);
  assert.deepEqual([again.status, again.body.message], [404, first.body.message]);
  assert.equal(again.headers['idempotency-replayed'], 'true');
});

test('another body, resource or version under the same key is 422', async (t) => {
  const service = await createTestApp(t);
  const [one, other] = [await signedInUser(service), await signedInUser(service)];
  const { accessToken: token } = await signedInAdmin(service);
  const patch = (id: string, body: object, more = {}) =>
    service.api.patch(`/api/admins/users/${id}`, body, keyed(token, key, more));
  const key = newKey();
  assertStatus(await patch(one.id, { full_name: 'Ada', is_active: true }), 200);
  assertStatus(await patch(one.id, { is_active: true, full_name: 'Ada' }), 200);
  for (const answer of [
    await patch(one.id, { full_name: 'Bob' }),
    await patch(other.id, { full_name: 'Ada', is_active: true }),
    await patch(one.id, { full_name: 'Ada', is_active: true }, { 'if-match': '*' }),
  ]) {
    assertStatus(answer, 422);
    assert.deepEqual(answer.body.details.errors[0].type, 'idempotency_key_reused');
  }
});

test('a key belongs to one caller and one route', async (t) => {
  const service = await createTestApp(t);
  const [one, other] = [await signedInUser(service), await signedInUser(service)];
  const { accessToken: token } = await signedInAdmin(service);
  const key = newKey();
  for (const answer of [
    await service.api.put('/api/users/me', { full_name: 'One' }, keyed(one.accessToken, key)),
    await service.api.put('/api/users/me', { full_name: 'Other' }, keyed(other.accessToken, key)),
    await service.api.put('/api/admins/me', { full_name: 'Admin' }, keyed(token, key)),
    await service.api.patch(`/api/admins/users/${one.id}`, { full_name: 'A' }, keyed(token, key)),
  ]) {
    assertStatus(answer, 200);
    assert.equal(answer.headers['idempotency-replayed'], undefined);
  }
});

test('a key has 16 to 64 characters; a GET and a DELETE need none', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  for (const key of ['x'.repeat(15), 'x'.repeat(65), '']) {
    const answer = await service.api.put('/api/users/me', {}, keyed(token, key));
    assertStatus(answer, 422);
    assert.equal(answer.body.details.errors[0].field, 'idempotency-key');
    assertStatus(await service.api.get('/api/users/me', keyed(token, key)), 200);
  }
  for (const key of ['x'.repeat(16), 'x'.repeat(64)])
    assertStatus(await service.api.put('/api/users/me', {}, keyed(token, key)), 200);
});

test('of twenty at once one is carried out; the others are 409 or get its answer', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  const replica = onPostgres ? await startReplica(t, service) : service.api;
  const key = newKey();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? service.api : replica).put(
        '/api/users/me',
        { full_name: 'Ada' },
        keyed(token, key),
      ),
    ),
  );
  assert.equal(await eventCount(service, 'profile_changed'), 1);
  const texts = new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text));
  assert.equal(texts.size, 1);
  for (const { status, headers, body } of answers) {
    assert.ok([200, 409, 503].includes(status), `${status}`);
    if (status === 409)
      assert.deepEqual(
        [headers['retry-after'], body.details.reason],
        ['1', 'idempotency_key_in_use'],
      );
  }
});

test('refusals and failures are not remembered', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const { accessToken: token } = await signedInAdmin(service, { superadmin: false });
  const path = `/api/admins/users/${user.id}`;
  const key = newKey();
  assertStatus(await service.api.patch(path, { is_superuser: true }, keyed(token, key)), 403);
  await service.db.updateTable('admins').set({ is_superadmin: true }).execute();
  assertStatus(await service.api.patch(path, { is_superuser: true }, keyed(token, key)), 200);
  const reset = `${path}/send-password-reset`;
  const late = newKey();
  for (let count = 0; count < 3; count += 1)
    assertStatus(await service.api.post(reset, undefined, { token }), 204);
  assertStatus(await service.api.post(reset, undefined, keyed(token, late)), 429);
  await service.db.deleteFrom('throttles').execute();
  const sent = await service.api.post(reset, undefined, keyed(token, late));
  assertStatus(sent, 204);
  assert.equal(sent.headers['idempotency-replayed'], undefined);
});

test('no answer is repeated to an ended session, nor without the right it was given under', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const admin = await signedInAdmin(service);
  const key = newKey();
  const promote = () =>
    service.api.patch(
      `/api/admins/users/${user.id}`,
      { is_superuser: true },
      keyed(admin.accessToken, key),
    );
  assertStatus(await promote(), 200);
  await service.db.updateTable('admins').set({ is_superadmin: false }).execute();
  assertStatus(await promote(), 403);
  await service.db.updateTable('admins').set({ is_superadmin: true, is_active: false }).execute();
  assertStatus(await promote(), 401);
  await service.db.updateTable('admins').set({ is_active: true }).execute();
  await service.db.updateTable('sessions').set({ revoked_at: service.clock.now() }).execute();
  assertStatus(await promote(), 401);
});

/** From now on no answer can be stored. */
async function refuseAnswers(t: TestContext, { db }: TestApp): Promise<void> {
  await sql`CREATE OR REPLACE FUNCTION refuse_answer() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION 'no room for it' USING ERRCODE = '53100'; END$$`.execute(db);
  await sql`CREATE TRIGGER refuse_answer BEFORE UPDATE OF answer ON idempotency_keys
    FOR EACH ROW EXECUTE FUNCTION refuse_answer()`.execute(db);
  t.after(() => sql`DROP TRIGGER refuse_answer ON idempotency_keys`.execute(db));
}

test('a change is committed together with its answer, or not at all', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const { accessToken: token } = await signedInAdmin(service);
  const other = await signedInAdmin(service, { superadmin: false });
  await refuseAnswers(t, service);
  const events = () => service.db.selectFrom('audit_events').select('id').execute();
  const before = (await events()).length;
  const ofUser = `/api/admins/users/${user.id}`;
  const changes: [
    method: 'put' | 'patch' | 'post',
    path: string,
    body?: object | undefined,
    token?: string,
  ][] = [
    ['put', '/api/users/me', { full_name: 'Ada' }, user.accessToken],
    [
      'post',
      '/api/users/change-password',
      { current_password: goodPassword, new_password: 'meadow copper 77 drift' },
      user.accessToken,
    ],
    ['post', '/api/users/logout-all', undefined, user.accessToken],
    ['post', '/api/users/resend-verification', undefined, user.accessToken],
    ['put', '/api/admins/me', { full_name: 'Ada' }],
    ['patch', ofUser, { is_active: false }],
    ['patch', `/api/admins/${other.id}`, { is_superadmin: true }],
    ['post', '/api/admins/users', { email: 'new.one@example.com', username: 'new.one' }],
    ['post', `${ofUser}/revoke-sessions`],
    ['post', `${ofUser}/send-password-reset`],
  ];
  for (const [method, path, body, caller = token] of changes) {
    const key = newKey();
    for (let count = 0; count < 2; count += 1)
      assertStatus(await service.api[method](path, body, keyed(caller, key)), 503);
  }
  assert.equal((await events()).length, before);
  assertStatus(await service.api.get('/api/users/me', { token: user.accessToken }), 200);
  const keys = await service.db.selectFrom('idempotency_keys').select('key_hash').execute();
  assert.deepEqual(keys, [], 'each may be tried again at once');
});
