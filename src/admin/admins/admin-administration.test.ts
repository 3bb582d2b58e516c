import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { type SignedIn, signedInAdmin, signedInUser, signIn } from '../../../test/factories.ts';
import { assertRefused, refresh, refreshed, statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { adminRealm } from '../../domain/realms/realms.ts';

const someId = '01890a5d-ac96-774b-bcce-b302099a8057';
const adminFields = [
  'id',
  'username',
  'email',
  'full_name',
  'is_active',
  'legacy_id',
  'is_superadmin',
  'created_at',
  'updated_at',
];

function actionsOf(test: TestApp, { accessToken: token }: SignedIn) {
  return {
    list: (query = '') => test.api.get(`/api/admins${query}`, { token }),
    change: (id: string, body: unknown) => test.api.patch(`/api/admins/${id}`, body, { token }),
  };
}

test('a superadmin lists, searches and filters admins, newest first, without users', async (t) => {
  const test = await createTestApp(t);
  const superadmin = await signedInAdmin(test, { username: 'superadmin' });
  const plain = await signedInAdmin(test, { username: 'plain.one', superadmin: false });
  await signedInUser(test);
  const { list, change } = actionsOf(test, superadmin);
  const answer = await list();
  assertStatus(answer, 200);
  const { items, ...counts } = answer.body;
  assert.deepEqual(counts, {
    total: 2,
    total_is_exact: true,
    page: 1,
    page_size: 10,
    total_pages: 1,
    next_cursor: null,
  });
  assert.deepEqual(
    items.map(({ id }: SignedIn) => id),
    [plain.id, superadmin.id],
  );
  assert.deepEqual(Object.keys(items[0]), adminFields);
  assert.equal(items[0].is_superadmin, false);
  assert.equal(items[1].is_superadmin, true);

  assert.equal((await list('?q=PLAIN.')).body.items[0].id, plain.id);
  const first = await list('?page_size=1&sort=username');
  assert.equal(first.body.items[0].id, plain.id);
  const second = await list(`?page_size=1&sort=username&cursor=${first.body.next_cursor}`);
  assert.equal(second.body.items[0].id, superadmin.id);
  assertStatus(await change(plain.id, { is_active: false }), 200);
  assert.deepEqual(
    (await list('?is_active=false')).body.items.map(({ id }: SignedIn) => id),
    [plain.id],
  );
});

test('a plain admin may neither list nor change admins, including themselves', async (t) => {
  const test = await createTestApp(t);
  const superadmin = await signedInAdmin(test);
  const plain = await signedInAdmin(test, { superadmin: false });
  const { list, change } = actionsOf(test, plain);
  assertStatus(await list(), 403);
  for (const { id } of [plain, superadmin]) {
    for (const body of [{ is_superadmin: true }, { is_active: false }, {}]) {
      assertStatus(await change(id, body), 403);
    }
  }
  const rows = await test.db
    .selectFrom('admins')
    .select(['id', 'is_superadmin', 'is_active'])
    .execute();
  assert.deepEqual(rows.find(({ id }) => id === plain.id)?.is_superadmin, false);
  assert.ok(rows.every((row) => row.is_active));
});

test('promotion and demotion end no session and apply from the next request', async (t) => {
  const test = await createTestApp(t);
  const { change } = actionsOf(test, await signedInAdmin(test));
  const admin = await signedInAdmin(test, { superadmin: false });
  const { list } = actionsOf(test, admin);
  const promoted = await change(admin.id, { is_superadmin: true });
  assertStatus(promoted, 200);
  assert.deepEqual(Object.keys(promoted.body), adminFields);
  assert.equal(promoted.body.is_superadmin, true);
  assertStatus(await list(), 200);
  assertStatus(await change(admin.id, { is_superadmin: false }), 200);
  assertStatus(await list(), 403);
  assert.equal(await statusOfMe(test.api, adminRealm, admin.accessToken), 200);
  await refreshed(test.api, adminRealm, admin.refreshToken);
});

test('deactivation ends sessions and sign-in; reactivation restores only sign-in', async (t) => {
  const test = await createTestApp(t);
  const superadmin = await signedInAdmin(test);
  const { change } = actionsOf(test, superadmin);
  const admin = await signedInAdmin(test, { superadmin: false });
  const { username, password } = admin;
  for (const isActive of [false, true]) {
    const changed = await change(admin.id, { is_active: isActive });
    assertStatus(changed, 200);
    assert.equal(changed.body.is_active, isActive);
    assert.equal(await statusOfMe(test.api, adminRealm, admin.accessToken), 401);
    assertRefused(await refresh(test.api, adminRealm, admin.refreshToken), 'invalid_refresh_token');
    const login = await test.api.post('/api/admins/login', { username, password });
    assertStatus(login, isActive ? 200 : 401);
  }
  assert.equal(await statusOfMe(test.api, adminRealm, superadmin.accessToken), 200);
});

test('a deactivated superadmin loses all rights at once; reactivation restores them', async (t) => {
  const test = await createTestApp(t);
  const { change } = actionsOf(test, await signedInAdmin(test));
  const other = await signedInAdmin(test);
  assertStatus(await change(other.id, { is_active: false }), 200);
  assertStatus(await actionsOf(test, other).list(), 401);
  const back = await change(other.id, { is_active: true });
  assert.equal(back.body.is_superadmin, true);
  assertStatus(await actionsOf(test, await signIn(test, adminRealm, other)).list(), 200);
});

test('only state and right of an admin can be changed; a 422 reports all faults', async (t) => {
  const test = await createTestApp(t);
  const superadmin = await signedInAdmin(test);
  const { change, list } = actionsOf(test, superadmin);
  const admin = await signedInAdmin(test, { superadmin: false });
  const before = (await list()).body;
  await test.clock.advance(10);
  const unknown = {
    username: 'renamed',
    email: 'new@example.com',
    full_name: 'New',
    password: 'x',
    id: someId,
  };
  for (const body of [{}, unknown]) assertStatus(await change(admin.id, body), 200);
  assert.deepEqual((await list()).body, before);

  const refused = await change(admin.id, { is_active: 'false', is_superadmin: 1 });
  assertStatus(refused, 422);
  const fields = refused.body.details.errors.map(({ field }: { field: string }) => field);
  assert.deepEqual(fields.toSorted(), ['is_active', 'is_superadmin']);
  assertStatus(await change(someId, { is_active: true }), 404);
  assertStatus(await change((await signedInUser(test)).id, { is_active: false }), 404);
});
