import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { newRegistration, signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { reset, resetToken } from '../../../test/reset-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';

const register = '/api/users/register';
const optional = { USERNAMES: 'optional' };

/** Registers by e-mail alone and signs in. */
async function namelessUser({ api }: TestApp, wanted: { email?: string } = {}) {
  const { email, password } = newRegistration(wanted);
  const answer = await api.post(register, { email, password });
  assertStatus(answer, 201);
  assert.equal(answer.body.username, null);
  const login = await api.post('/api/users/login', { email, password });
  assertStatus(login, 200);
  return { id: String(answer.body.id), email, password, token: String(login.body.access_token) };
}

function fieldsOf(answer: { body: { details: { errors: { field: string }[] } } }): string[] {
  return answer.body.details.errors.map(({ field }) => field);
}

test('by default a username is required, and an empty one is too short', async (t) => {
  const { api } = await createTestApp(t);
  const { username, ...rest } = newRegistration();
  const missing = await api.post(register, { ...rest, password: rest.email });
  assertStatus(missing, 422);
  assert.deepEqual(fieldsOf(missing).toSorted(), ['password', 'username']);
  for (const wrong of [null, '', 'ab'])
    assert.deepEqual(fieldsOf(await api.post(register, { ...rest, username: wrong })), [
      'username',
    ]);
  assertStatus(await api.post(register, { ...rest, username }), 201);
});

test('where it is optional, absent, null and empty mean none, for any number of users', async (t) => {
  const service = await createTestApp(t, optional);
  const { api } = service;
  for (const member of [{}, { username: null }, { username: '' }]) {
    const { email, password } = newRegistration();
    const answer = await api.post(register, { email, password, ...member });
    assertStatus(answer, 201);
    assert.equal(answer.body.username, null);
    for (const name of [{ email }, { username: email.toUpperCase() }])
      assertStatus(await api.post('/api/users/login', { ...name, password }), 200);
    assertStatus(await api.post('/api/users/login', { username: 'null', password }), 401);
  }
  const named = newRegistration();
  assertStatus(await api.post(register, named), 201);
  for (const username of ['ab', 'a b', 'a@b', 'x'.repeat(51), ' ']) {
    const refused = await api.post(register, { ...newRegistration(), username });
    assert.deepEqual(new Set(fieldsOf(refused)), new Set(['username']));
  }
  const taken = await api.post(register, {
    ...newRegistration(),
    username: named.username.toUpperCase(),
  });
  assertStatus(taken, 409);
});

test('a nameless user sets a username, keeps it through null, and clears it', async (t) => {
  const service = await createTestApp(t, optional);
  const { token, password } = await namelessUser(service);
  const other = await namelessUser(service);
  const put = (username: string | null, by = token) =>
    service.api.put('/api/users/me', { username, full_name: null }, { token: by });
  for (const [given, stored] of [
    [null, null],
    ['Ada.L', 'Ada.L'],
    [null, 'Ada.L'],
  ] as const)
    assert.equal((await put(given)).body.username, stored);
  assertStatus(await put('ada.l', other.token), 409);
  assertStatus(await service.api.post('/api/users/login', { username: 'ada.l', password }), 200);
  assert.equal((await put('')).body.username, null);
  assertStatus(await service.api.post('/api/users/login', { username: 'ada.l', password }), 401);
  assertStatus(await put('ada.l', other.token), 200);
});

test('admins always have a username; they may take one from a user', async (t) => {
  const service = await createTestApp(t, optional);
  const { accessToken: token } = await signedInAdmin(service);
  const { username: _, ...nameless } = newRegistration();
  const refused = await service.api.post('/api/admins/register', nameless, { token });
  assert.deepEqual(fieldsOf(refused), ['username']);
  assertStatus(await service.api.put('/api/admins/me', { username: '' }, { token }), 422);
  const { id } = await signedInUser(service);
  const path = `/api/admins/users/${id}`;
  assert.equal((await service.api.patch(path, { username: '' }, { token })).body.username, null);
  assert.equal((await service.api.get(path, { token })).body.username, null);
  const created = await service.api.post(
    '/api/admins/users',
    { email: 'new@example.com' },
    { token },
  );
  assertStatus(created, 201);
  assert.equal(created.body.username, null);
});

test('a plain admin cannot clear the username of a superuser', async (t) => {
  const service = await createTestApp(t, optional);
  const user = await signedInUser(service);
  await service.db.updateTable('users').set({ is_superuser: true }).execute();
  const { accessToken: token } = await signedInAdmin(service, { superadmin: false });
  assertStatus(
    await service.api.patch(`/api/admins/users/${user.id}`, { username: '' }, { token }),
    403,
  );
});

test('a list by username shows the nameless first and loses nobody between pages', async (t) => {
  const service = await createTestApp(t, optional);
  const { accessToken: token } = await signedInAdmin(service);
  for (let count = 0; count < 3; count += 1) await namelessUser(service);
  for (const username of ['carol', 'Bob', 'alice']) await signedInUser(service, { username });
  for (const [sort, names] of [
    ['username', [null, null, null, 'alice', 'Bob', 'carol']],
    ['-username', ['carol', 'Bob', 'alice', null, null, null]],
  ] as const) {
    const seen: { id: string; username: string | null }[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `sort=${sort}&page_size=2&cursor=${cursor}`;
      const page = await service.api.get(`/api/admins/users?${query}`, { token });
      assertStatus(page, 200);
      assert.equal(page.body.total, 6);
      seen.push(...page.body.items);
      cursor = page.body.next_cursor;
    }
    assert.deepEqual(
      seen.map(({ username }) => username),
      names,
    );
    assert.equal(new Set(seen.map(({ id }) => id)).size, 6);
    const found = await service.api.get(`/api/admins/users?sort=${sort}&q=mail.&page_size=4`, {
      token,
    });
    assert.deepEqual([found.body.total, found.body.items.length], [6, 4]);
  }
});

test('the password of a nameless user must still not be the address', async (t) => {
  const service = await createTestApp(t, optional);
  const user = await namelessUser(service, { email: 'lighthouse.keeper@harbour.example' });
  const weak = ['lighthouse.keeper', 'Harbour2024', user.email];
  for (const password of weak)
    assertStatus(await service.api.post(register, { email: user.email, password }), 422);
  const change = (password: string) =>
    service.api.post(
      '/api/users/change-password',
      { current_password: user.password, new_password: password },
      { token: user.token },
    );
  const token = await resetToken(service, user.email);
  for (const password of weak) {
    assertStatus(await change(password), 422);
    assertStatus(await reset(service.api, token, password), 422);
  }
  assertStatus(await reset(service.api, token), 200);
});

test('back to required: nameless users stay, may choose a name, and cannot clear it', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await service.db.updateTable('users').set({ username: null }).execute();
  const asUser = { token: user.accessToken };
  assert.equal((await service.api.get('/api/users/me', asUser)).body.username, null);
  const admin = await signedInAdmin(service);
  const list = await service.api.get('/api/admins/users', { token: admin.accessToken });
  assert.equal(list.body.items[0].username, null);
  assertStatus(await service.api.put('/api/users/me', { username: '' }, asUser), 422);
  assertStatus(await service.api.put('/api/users/me', { username: 'ada' }, asUser), 200);
});

for (const USERNAMES of ['required', 'optional']) {
  test(`the OpenAPI document is true where usernames are ${USERNAMES}`, async (t) => {
    const { api } = await createTestApp(t, { USERNAMES });
    const { paths, components } = (await api.get('/openapi.json')).body;
    const isOptional = USERNAMES === 'optional';
    const needed = (path: string) =>
      paths[path].post.requestBody.content['application/json'].schema.required.includes('username');
    assert.deepEqual([register, '/api/admins/users', '/api/admins/register'].map(needed), [
      !isOptional,
      !isOptional,
      true,
    ]);
    const types = (schema: string) =>
      JSON.stringify(components.schemas[schema].properties.username);
    for (const schema of ['User', 'ListedUser', 'UserDetail'])
      assert.match(types(schema), /"null"/);
    assert.doesNotMatch(types('Admin'), /"null"/);
  });
}
