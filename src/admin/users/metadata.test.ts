import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { assertStatus } from '../../../test/api.ts';
import { newRegistration, type SignedIn, signedInAdmin } from '../../../test/factories.ts';
import { withUser } from '../../../test/metadata-calls.ts';
import { refreshed } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

test('a user writes metadata, an admin both; each write replaces the whole', async (t) => {
  const service = await createTestApp(t);
  const { me, put, patch, read } = await withUser(service);
  const first = { theme: 'dark', sizes: [1, 2], nested: { a: null } };
  assert.deepEqual((await put({ metadata: first })).body.metadata, first);
  assert.deepEqual((await put({ metadata: null, full_name: 'Ada' })).body.metadata, first);
  assert.deepEqual((await put({ metadata: { theme: 'light' } })).body.metadata, { theme: 'light' });
  const both = { metadata: { theme: 'blue' }, app_metadata: { plan: 'pro', seats: 5 } };
  const changed = await patch(both);
  assertStatus(changed, 200);
  for (const answer of [changed, await me(), await read()]) {
    const { metadata, app_metadata } = answer.body;
    assert.deepEqual({ metadata, app_metadata }, both);
  }
  const { metadata, app_metadata } = (await patch({ metadata: {}, app_metadata: null })).body;
  assert.deepEqual({ metadata, app_metadata }, { metadata: {}, app_metadata: both.app_metadata });
});

test('metadata can be given at registration; a list shows none', async (t) => {
  const service = await createTestApp(t);
  const body = { ...newRegistration(), metadata: { theme: 'dark' } };
  const registered = await service.api.post('/api/users/register', body);
  assertStatus(registered, 201);
  assert.deepEqual(registered.body.metadata, body.metadata);
  const { accessToken: token } = await signedInAdmin(service);
  const created = { ...newRegistration(), metadata: { a: 1 }, app_metadata: { plan: 'pro' } };
  assertStatus(await service.api.post('/api/admins/users', created, { token }), 201);
  const { items } = (await service.api.get('/api/admins/users', { token })).body;
  assert.equal(items.length, 2);
  for (const item of items) assert.doesNotMatch(JSON.stringify(item), /metadata|dark|pro/);
  // Admins have none.
  const me = await service.api.put('/api/admins/me', { metadata: { a: 1 } }, { token });
  assert.equal(me.body.metadata, undefined);
});

test('whatever JSON is accepted comes back as it was sent', async (t) => {
  const service = await createTestApp(t);
  const { me, put } = await withUser(service);
  const value = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.jsonValue({ maxDepth: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(value, async (metadata) => {
      const sent = JSON.parse(JSON.stringify(metadata));
      const answer = await put({ metadata: sent });
      if (answer.status === 422) return;
      assertStatus(answer, 200);
      assert.deepEqual(answer.body.metadata, sent);
      assert.deepEqual((await me()).body.metadata, sent);
    }),
    { numRuns: 60 },
  );
});

test('metadata is in the export; a deleted user is found only among the deleted', async (t) => {
  const service = await createTestApp(t);
  const { user, admin, put, patch } = await withUser(service);
  const both = { metadata: { theme: 'dark' }, app_metadata: { plan: 'pro' } };
  assertStatus(await put({ metadata: both.metadata }), 200);
  assertStatus(await patch({ app_metadata: both.app_metadata }), 200);
  await service.db.updateTable('users').set({ username: null }).execute();
  const exported = await service.api.get('/api/users/me/export', { token: user.accessToken });
  assertStatus(exported, 200);
  const { username, metadata, app_metadata } = exported.body.account;
  assert.deepEqual([username, metadata, app_metadata], [null, both.metadata, both.app_metadata]);
  assertStatus(await service.api.delete(`/api/admins/users/${user.id}`, admin), 204);
  for (const [query, total] of [
    ['', 0],
    ['&deleted=true', 1],
  ] as const) {
    const found = await service.api.get(`/api/admins/users?app_metadata=plan:pro${query}`, admin);
    assert.equal(found.body.total, total);
  }
});

test('a change names the fields in the audit log, and never their content', async (t) => {
  const service = await createTestApp(t);
  const { put, patch } = await withUser(service);
  assertStatus(await put({ metadata: { secret: 'canary' } }), 200);
  assertStatus(await patch({ app_metadata: { secret: 'canary' } }), 200);
  const rows = await service.db.selectFrom('audit_events').select(['event', 'details']).execute();
  assert.deepEqual(rows.map(({ event, details }) => [event, details]).toSorted(), [
    ['profile_changed', { fields: ['metadata'] }],
    ['user_changed', { fields: ['app_metadata'] }],
  ]);
  assert.doesNotMatch(service.logs(), /canary/);
});

const inTokens = { ACCESS_TOKEN_METADATA: 'plan,roles' };

function claimIn(accessToken: string): unknown {
  return decodeJwt(accessToken).app_metadata;
}

function login({ api }: TestApp, { username, password }: SignedIn) {
  return api.post('/api/users/login', { username, password });
}

test('a token carries the named members; a change counts at the next refresh', async (t) => {
  const service = await createTestApp(t, inTokens);
  const { user, patch, put } = await withUser(service);
  assertStatus(await patch({ app_metadata: { plan: 'pro', internal: 'canary', sub: 'x' } }), 200);
  assertStatus(await put({ metadata: { roles: ['owner'] } }), 200);
  const signedIn = await login(service, user);
  assert.deepEqual(claimIn(signedIn.body.access_token), { plan: 'pro' });
  assert.equal(decodeJwt(signedIn.body.access_token).sub, user.id);
  assertStatus(await patch({ app_metadata: { plan: 'free', roles: ['a', 'b'] } }), 200);
  const next = await refreshed(service.api, userRealm, signedIn.body.refresh_token);
  assert.deepEqual(claimIn(next.accessToken), { plan: 'free', roles: ['a', 'b'] });
  assertStatus(await service.api.get('/api/users/me', { token: next.accessToken }), 200);
});

test('by default no token carries metadata, and an admin’s token never does', async (t) => {
  const plain = await createTestApp(t);
  const { user, patch } = await withUser(plain);
  assertStatus(await patch({ app_metadata: { plan: 'pro' } }), 200);
  assert.equal(claimIn((await login(plain, user)).body.access_token), undefined);
  const service = await createTestApp(t, inTokens);
  const { username, password } = await signedInAdmin(service);
  const answer = await service.api.post('/api/admins/login', { username, password });
  assert.equal(claimIn(answer.body.access_token), undefined);
});

test('what is too large for a token is refused; found stored, it is left out', async (t) => {
  const service = await createTestApp(t, inTokens);
  const { user, patch } = await withUser(service);
  // {"plan":"…"} in UTF-8, at the limit and one beyond.
  const largest = { plan: 'é'.repeat(506) };
  assert.equal(Buffer.byteLength(JSON.stringify(largest)), 1023);
  assertStatus(await patch({ app_metadata: { ...largest, internal: 'x'.repeat(2000) } }), 200);
  const answer = await login(service, user);
  assert.deepEqual(claimIn(answer.body.access_token), largest);
  assert.ok(answer.body.access_token.length < 2048);
  const larger = { plan: `${largest.plan}xx` };
  const refused = await patch({ app_metadata: larger });
  assertStatus(refused, 422);
  assert.equal(refused.body.details.errors[0].field, 'app_metadata');
  // As if the list of names had been shorter when it was written.
  await service.db
    .updateTable('users')
    .set({ app_metadata: JSON.stringify(larger) })
    .execute();
  const without = await login(service, user);
  assertStatus(without, 200);
  assert.equal(claimIn(without.body.access_token), undefined);
  assert.match(service.logs(), /ACCESS_TOKEN_METADATA are too large/);
});
