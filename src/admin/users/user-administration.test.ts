import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { type SignedIn, signedInAdmin, signedInUser, signIn } from '../../../test/factories.ts';
import { assertRefused, refresh, statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

const someId = '01890a5d-ac96-774b-bcce-b302099a8057';
const userFields = [
  'id',
  'username',
  'email',
  'full_name',
  'is_active',
  'legacy_id',
  'is_superuser',
  'is_email_verified',
  'is_invited',
  'created_at',
  'updated_at',
];

/** Calls of an admin, a plain one by default. */
async function asAdmin(test: TestApp, { superadmin = false } = {}) {
  const { accessToken: token } = await signedInAdmin(test, { superadmin });
  return {
    list: (query = '') => test.api.get(`/api/admins/users${query}`, { token }),
    read: (id: string) => test.api.get(`/api/admins/users/${id}`, { token }),
    change: (id: string, body: unknown) =>
      test.api.patch(`/api/admins/users/${id}`, body, { token }),
    revokeSessions: (id: string) =>
      test.api.post(`/api/admins/users/${id}/revoke-sessions`, undefined, { token }),
  };
}

async function assertSignedOut(
  { api }: TestApp,
  { accessToken, refreshToken }: SignedIn,
): Promise<void> {
  assert.equal(await statusOfMe(api, userRealm, accessToken), 401);
  assertRefused(await refresh(api, userRealm, refreshToken), 'invalid_refresh_token');
}

test('the list shows users newest first, ten a page, with totals and a cursor', async (t) => {
  const test = await createTestApp(t);
  const { list } = await asAdmin(test);
  const empty = await list();
  assertStatus(empty, 200);
  const counted = { total: 0, total_is_exact: true, total_pages: 0 };
  const nothing = { items: [], ...counted, page: 1, page_size: 10, next_cursor: null };
  assert.deepEqual(empty.body, nothing);

  const names: string[] = [];
  for (let at = 0; at < 12; at += 1) names.unshift((await signedInUser(test)).username);
  const first = await list();
  const { items, next_cursor: cursor, ...counts } = first.body;
  const numbers = { total: 12, total_is_exact: true, page: 1, page_size: 10, total_pages: 2 };
  assert.deepEqual(counts, numbers);
  assert.deepEqual(Object.keys(items[0]), userFields);
  const second = await list('?page=2');
  assert.equal(second.body.next_cursor, null);
  const shown = [...items, ...second.body.items].map(({ username }: SignedIn) => username);
  assert.deepEqual(shown, names);
  assert.deepEqual((await list(`?cursor=${cursor}`)).body.items, second.body.items);
});

test('the list can be searched, filtered and sorted, ignoring case', async (t) => {
  const test = await createTestApp(t);
  const { list, change } = await asAdmin(test);
  const carol = await signedInUser(test, {
    username: 'carol',
    email: 'b@example.org',
    fullName: 'Śarah Ünal',
  });
  await signedInUser(test, { username: 'Bob', email: 'C@example.com' });
  await signedInUser(test, { username: 'alice', email: 'a@example.org' });
  const names = async (query: string) => {
    const answer = await list(query);
    assertStatus(answer, 200);
    assert.equal(answer.body.total, answer.body.items.length);
    return answer.body.items.map(({ username }: SignedIn) => username);
  };
  assert.deepEqual(await names('?sort=username'), ['alice', 'Bob', 'carol']);
  assert.deepEqual(await names('?sort=-username'), ['carol', 'Bob', 'alice']);
  assert.deepEqual(await names('?sort=email'), ['alice', 'carol', 'Bob']);
  assert.deepEqual(await names('?sort=-email'), ['Bob', 'carol', 'alice']);
  assert.deepEqual(await names('?sort=created_at'), ['carol', 'Bob', 'alice']);
  assert.deepEqual(await names('?q=BO'), ['Bob']);
  assert.deepEqual(await names('?q=.ORG&sort=username'), ['alice', 'carol']);
  assert.deepEqual(await names('?q=sarah'), []);
  assert.deepEqual(await names(`?q=${encodeURIComponent('arah')}`), ['carol']);
  assert.deepEqual(await names('?q='), ['alice', 'Bob', 'carol']);
  assertStatus(await change(carol.id, { is_active: false }), 200);
  assert.deepEqual(await names('?is_active=false'), ['carol']);
  assert.deepEqual(await names('?is_active=true&q=o'), ['alice', 'Bob']);
  assert.deepEqual(await names('?is_active=False&q=&sort=&cursor='), ['carol']);
  const deletion = { deleted_at: new Date(), deleted_by: 'admin', erase_at: new Date() } as const;
  await test.db.updateTable('users').set(deletion).where('id', '=', carol.id).execute();
  assert.deepEqual(await names(''), ['alice', 'Bob']);
  assert.deepEqual(await names('?deleted=false&q=a'), ['alice', 'Bob']);
  assert.deepEqual(await names('?deleted=true'), ['carol']);
  assert.deepEqual(await names('?deleted=true&is_active=true'), []);
  assert.deepEqual(await names('?deleted=yes&q=b'), ['carol']);
  for (const wrong of ['is_active=2', 'is_active=yep', `q=${'x'.repeat(101)}`]) {
    assertStatus(await list(`?${wrong}`), 422);
  }
});

test('a user is shown with the last sign-in and active sessions, none current', async (t) => {
  const test = await createTestApp(t);
  const { read } = await asAdmin(test);
  const user = await signedInUser(test);
  await test.clock.advance(60);
  const second = await signIn(test, userRealm, user);
  const answer = await read(user.id);
  assertStatus(answer, 200);
  const { last_login_at: lastLogin, deleted_at: deletedAt, sessions, ...rest } = answer.body;
  const { has_second_factor: hasFactor, second_factor_kinds: kinds, ...shown } = rest;
  assert.deepEqual([hasFactor, kinds], [false, []]);
  const me = await test.api.get('/api/users/me', { token: second.accessToken });
  assert.deepEqual(shown, me.body);
  assert.equal(deletedAt, null);
  assert.equal(lastLogin, sessions[0].created_at);
  assert.ok(Date.parse(lastLogin) - Date.parse(shown.created_at) >= 60_000);
  assert.deepEqual(
    sessions.map(({ current }: { current: boolean }) => current),
    [false, false],
  );
  const { body: notSignedIn } = await test.api.post('/api/users/register', {
    username: 'never.here',
    email: 'never@example.com',
    password: user.password,
  });
  const unseen = await read(notSignedIn.id);
  assert.equal(unseen.body.last_login_at, null);
  assert.deepEqual(unseen.body.sessions, []);
  assertStatus(await read(someId), 404);
});

test('deactivation ends sessions and sign-in; reactivation restores only sign-in', async (t) => {
  const test = await createTestApp(t);
  const { change } = await asAdmin(test);
  const user = await signedInUser(test);
  const bystander = await signedInUser(test);
  const { username, password } = user;
  const deactivated = await change(user.id, { is_active: false });
  assertStatus(deactivated, 200);
  assert.equal(deactivated.body.is_active, false);
  await assertSignedOut(test, user);
  const login = await test.api.post('/api/users/login', { username, password });
  assertStatus(login, 401);
  assert.equal(login.body.message, 'Invalid username or password');
  assert.equal(await statusOfMe(test.api, userRealm, bystander.accessToken), 200);

  assertStatus(await change(user.id, { is_active: true }), 200);
  await assertSignedOut(test, user);
  await signIn(test, userRealm, user);
});

test('renaming ends no session; a name taken in any case is 409', async (t) => {
  const test = await createTestApp(t);
  const { change, read } = await asAdmin(test);
  const user = await signedInUser(test);
  const other = await signedInUser(test);
  await test.clock.advance(10);
  const changed = await change(user.id, { username: 'New.Name', full_name: 'New Name' });
  assertStatus(changed, 200);
  assert.equal(changed.body.username, 'New.Name');
  assert.equal(changed.body.full_name, 'New Name');
  assert.ok(Date.parse(changed.body.updated_at) - Date.parse(changed.body.created_at) >= 10_000);
  assert.equal(await statusOfMe(test.api, userRealm, user.accessToken), 200);
  assert.equal((await change(user.id, { full_name: '' })).body.full_name, null);

  const before = (await read(user.id)).body;
  for (const [field, value] of [
    ['username', other.username],
    ['email', other.email],
  ] as const) {
    const taken = await change(user.id, { [field]: value.toUpperCase(), full_name: 'Half done' });
    assertStatus(taken, 409);
    assert.equal(taken.body.error, 'DuplicateRecordError');
    assert.equal(taken.body.details.field, field);
  }
  assert.deepEqual((await read(user.id)).body, before);
});

test('a new e-mail address is unverified and ends sessions; a case change does not', async (t) => {
  const test = await createTestApp(t);
  const { change } = await asAdmin(test);
  const user = await signedInUser(test);
  await test.db.updateTable('users').set({ is_email_verified: true }).execute();
  const respelled = await change(user.id, { email: user.email.toUpperCase() });
  assertStatus(respelled, 200);
  assert.equal(respelled.body.email, user.email.toUpperCase());
  assert.equal(respelled.body.is_email_verified, true);
  assert.equal(await statusOfMe(test.api, userRealm, user.accessToken), 200);

  const moved = await change(user.id, { email: 'new@example.com' });
  assertStatus(moved, 200);
  assert.equal(moved.body.is_email_verified, false);
  await assertSignedOut(test, user);
  await signIn(test, userRealm, { ...user, email: 'new@example.com' });
});

test('an invalid change is 422 with all faults; an empty one changes nothing', async (t) => {
  const test = await createTestApp(t);
  const { change, read } = await asAdmin(test);
  const user = await signedInUser(test);
  const before = (await read(user.id)).body;
  const faulty = {
    is_active: 'no',
    username: 'x',
    email: 'nobody',
    full_name: 'a\nb',
    is_superuser: 1,
  };
  const refused = await change(user.id, faulty);
  assertStatus(refused, 422);
  const fields = refused.body.details.errors.map(({ field }: { field: string }) => field);
  assert.deepEqual([...new Set(fields)].toSorted(), Object.keys(faulty).toSorted());
  await test.clock.advance(10);
  for (const body of [
    {},
    { is_email_verified: true, password: 'x', id: someId, created_at: null },
  ]) {
    assertStatus(await change(user.id, body), 200);
  }
  assert.deepEqual((await read(user.id)).body, before);
  assertStatus(await change(someId, {}), 404);
  assertStatus(await change(someId, { is_active: false }), 404);
});

test('an admin ends all sessions of one user only', async (t) => {
  const test = await createTestApp(t);
  const { revokeSessions, read } = await asAdmin(test);
  const user = await signedInUser(test);
  const second = await signIn(test, userRealm, user);
  const bystander = await signedInUser(test);
  const answer = await revokeSessions(user.id);
  assertStatus(answer, 204);
  assert.equal(answer.text, '');
  await assertSignedOut(test, user);
  await assertSignedOut(test, second);
  assert.deepEqual((await read(user.id)).body.sessions, []);
  assert.equal(await statusOfMe(test.api, userRealm, bystander.accessToken), 200);
  assertStatus(await revokeSessions(user.id), 204);
  assertStatus(await revokeSessions(someId), 404);
  await signIn(test, userRealm, user);
});
