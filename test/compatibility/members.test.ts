import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { goodPassword, newRegistration, signedInAdmin, signedInUser } from '../factories.ts';
import { signedInTo } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';

for (const realm of realms) {
  test(`PUT ${realm.path}/me: null members change nothing, an empty full_name clears it`, async (t) => {
    const service = await createTestApp(t);
    const { username, email, accessToken: token } = await signedInTo(service, realm);
    const put = (body: object) => service.api.put(`${realm.path}/me`, body, { token });
    assert.equal((await put({ full_name: 'Ada King' })).body.full_name, 'Ada King');
    const everyMember = { email: null, username: null, full_name: null, current_password: null };
    const unchanged = await put(everyMember);
    assertStatus(unchanged, 200);
    const { body } = unchanged;
    assert.deepEqual([body.username, body.email, body.full_name], [username, email, 'Ada King']);
    assertStatus(await put({ ...everyMember, username, email, full_name: 'Ada' }), 200);
    const cleared = await put({ ...everyMember, full_name: '' });
    assertStatus(cleared, 200);
    assert.equal(cleared.body.full_name, null);
  });
}

test('a null member changes nothing when an admin changes a user', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const user = await signedInUser(service, { fullName: 'Ada' });
  const patch = (body: object) =>
    service.api.patch(`/api/admins/users/${user.id}`, body, { token });
  const nothing = {
    is_active: null,
    is_superuser: null,
    full_name: null,
    username: null,
    email: null,
  };
  const { body } = await patch({ ...nothing, is_superuser: true });
  assert.deepEqual(
    [body.is_active, body.is_superuser, body.full_name, body.username, body.email],
    [true, true, 'Ada', user.username, user.email],
  );
  assert.equal((await patch({ ...nothing, full_name: '' })).body.full_name, null);
});

test('a null member changes nothing when a superadmin changes an admin', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const other = await signedInAdmin(service, { superadmin: false });
  const body = { is_active: null, is_superadmin: null };
  const answer = await service.api.patch(`/api/admins/${other.id}`, body, { token });
  assertStatus(answer, 200);
  assert.deepEqual([answer.body.is_active, answer.body.is_superadmin], [true, false]);
});

test('at registration a null or missing full name or role means none', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  for (const fullName of [null, '']) {
    const user = await service.api.post('/api/users/register', newRegistration({ fullName }));
    assertStatus(user, 201);
    assert.equal(user.body.full_name, null);
    const body = { ...newRegistration({ fullName }), is_superadmin: null };
    const admin = await service.api.post('/api/admins/register', body, { token });
    assertStatus(admin, 201);
    assert.deepEqual([admin.body.full_name, admin.body.is_superadmin], [null, false]);
  }
});

test('the document says that members of a change may be null', async (t) => {
  const { api } = await createTestApp(t);
  const { paths } = (await api.get('/openapi.json')).body;
  for (const [path, method] of [
    ['/api/users/me', 'put'],
    ['/api/admins/me', 'put'],
    ['/api/admins/users/{id}', 'patch'],
    ['/api/admins/{id}', 'patch'],
  ] as const) {
    const { schema } = paths[path][method].requestBody.content['application/json'];
    assert.equal(schema.required, undefined);
    for (const [name, member] of Object.entries(schema.properties)) {
      assert.match(JSON.stringify(member), /"null"/, `${path}: ${name}`);
    }
  }
});

test('spaces around an e-mail address are stripped wherever one is accepted', async (t) => {
  const service = await createTestApp(t);
  const { api, mailbox } = service;
  const padded = (address: string) => ` \t${address} `;
  const registration = newRegistration();
  const { email, username, password } = registration;
  const registered = await api.post('/api/users/register', {
    ...registration,
    email: padded(email),
  });
  assertStatus(registered, 201);
  assert.equal(registered.body.email, email);
  const login = await api.post('/api/users/login', { email: padded(email), password });
  assertStatus(login, 200);
  assertStatus(await api.post('/api/users/login', { username: padded(email), password }), 200);
  // A username cannot have spaces, and they are not stripped.
  assertStatus(await api.post('/api/users/login', { username: padded(username), password }), 401);

  assertStatus(await api.post('/api/password/forgot-password', { email: padded(email) }), 200);
  await mailbox.token('password_reset', email);

  const { accessToken: token } = await signedInAdmin(service);
  const moved = newRegistration().email;
  const change = { email: padded(moved), current_password: password };
  const own = await api.put('/api/users/me', change, { token: login.body.access_token });
  assert.equal(own.body.email, moved);
  const byAdmin = await api.patch(
    `/api/admins/users/${own.body.id}`,
    { email: padded(email) },
    { token },
  );
  assert.equal(byAdmin.body.email, email);

  const admin = newRegistration();
  const made = await api.post(
    '/api/admins/register',
    { ...admin, email: padded(admin.email) },
    { token },
  );
  assert.equal(made.body.email, admin.email);
  const session = await api.post('/api/admins/login', {
    email: padded(admin.email),
    password: admin.password,
  });
  assertStatus(session, 200);
  const mine = { to_email: padded(admin.email) };
  assertStatus(
    await api.post('/api/password/test-email', mine, { token: session.body.access_token }),
    202,
  );
});

test('an address is stripped before its length is checked and guesses are counted', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const long = `${'x'.repeat(60)}@${'y'.repeat(60)}.${'z'.repeat(60)}.${'w'.repeat(60)}.example`;
  assert.ok(long.length <= 254);
  const password = goodPassword;
  const blanks = ' '.repeat(100);
  assertStatus(await api.post('/api/users/login', { username: `${blanks}${long}`, password }), 401);
  assertStatus(await api.post('/api/password/forgot-password', { email: `${long}${blanks}` }), 200);
  for (let guess = 0; guess < 5; guess += 1) {
    const username = `${' '.repeat(guess)}nobody@example.com`;
    assertStatus(await api.post('/api/users/login', { username, password }), 401);
  }
  assertStatus(
    await api.post('/api/users/login', { username: 'nobody@example.com ', password }),
    429,
  );
});

test('all missing members are reported at once, with type missing, with other errors', async (t) => {
  const { api } = await createTestApp(t);
  const faultsOf = async (path: string, body: unknown) => {
    const answer = await api.post(path, body);
    assertStatus(answer, 422);
    return answer.body.details.errors as { field: string; message: string; type: string }[];
  };
  const required = (field: string) => ({ field, message: 'is required', type: 'missing' });
  assert.deepEqual(
    await faultsOf('/api/users/register', {}),
    ['email', 'username', 'password'].map(required),
  );
  const mixed = await faultsOf('/api/users/register', { username: 'a', full_name: 7 });
  assert.deepEqual(
    mixed.filter(({ type }) => type === 'missing'),
    [required('email'), required('password')],
  );
  assert.deepEqual(mixed.map(({ field }) => field).toSorted(), [
    'email',
    'full_name',
    'password',
    'username',
  ]);
  assert.deepEqual(await faultsOf('/api/users/refresh', {}), [required('refresh_token')]);
  assert.deepEqual(await faultsOf('/api/password/reset-password', { token: 'x' }), [
    required('new_password'),
  ]);
  assert.deepEqual(await faultsOf('/api/users/register', undefined), [required('body')]);
  const login = await faultsOf('/api/users/login', {});
  assert.deepEqual(
    login.map(({ field, type }) => [field, type]),
    [
      ['password', 'missing'],
      ['username', 'missing'],
    ],
  );
  // A member that is present but null is not missing.
  const [nulled] = await faultsOf('/api/users/refresh', { refresh_token: null });
  assert.equal(nulled?.type, 'invalid_type');
});

test('a duplicate names its kind: a user or an admin', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const admin = await signedInAdmin(service);
  const user = await signedInUser(service);
  const token = admin.accessToken;
  const detailsOf = async (answer: Awaited<ReturnType<typeof api.get>>) => {
    assertStatus(answer, 409);
    assert.equal(answer.body.error, 'DuplicateRecordError');
    return answer.body.details;
  };
  const other = await signedInUser(service);
  const { email } = user;
  const taken = { field: 'email', resource: 'user' };
  assert.deepEqual(
    await detailsOf(await api.post('/api/users/register', { ...newRegistration(), email })),
    taken,
  );
  const { accessToken } = other;
  assert.deepEqual(
    await detailsOf(
      await api.put(
        '/api/users/me',
        { email, current_password: goodPassword },
        { token: accessToken },
      ),
    ),
    taken,
  );
  const { username } = user;
  const byAdmin = await api.patch(`/api/admins/users/${other.id}`, { username }, { token });
  assert.deepEqual(await detailsOf(byAdmin), { field: 'username', resource: 'user' });
  const second = { ...newRegistration(), username: admin.username };
  assert.deepEqual(await detailsOf(await api.post('/api/admins/register', second, { token })), {
    field: 'username',
    resource: 'admin',
  });
});

test('a conflict names what it conflicts with', async (t) => {
  const service = await createTestApp(t);
  const { id, accessToken: token } = await signedInAdmin(service);
  const last = await service.api.patch(`/api/admins/${id}`, { is_superadmin: false }, { token });
  assertStatus(last, 409);
  assert.deepEqual(last.body.details, { reason: 'last_superadmin', resource: 'admin' });
  const user = await signedInUser(service);
  await service.api.patch(`/api/admins/users/${user.id}`, { is_active: false }, { token });
  const path = `/api/admins/users/${user.id}/send-password-reset`;
  const inactive = await service.api.post(path, undefined, { token });
  assertStatus(inactive, 409);
  assert.deepEqual(inactive.body.details, { reason: 'user_not_active', resource: 'user' });
});

for (const realm of [userRealm, adminRealm]) {
  test(`a login at ${realm.path} with two different names is refused without a query`, async (t) => {
    const service = await createTestApp(t);
    const { username, email, password } = await signedInTo(service, realm);
    const login = (body: object) => service.api.post(`${realm.path}/login`, { ...body, password });
    const before = service.statements().length;
    const differing = await login({ username, email });
    assertStatus(differing, 422);
    assert.equal(differing.body.details.errors[0].field, 'email');
    assertStatus(await login({ username: `other.${email}`, email }), 422);
    assert.equal(service.statements().length, before);
    assertStatus(await login({ username: ` ${email.toUpperCase()}`, email: `${email} ` }), 200);
    assertStatus(await login({ username: null, email }), 200);
    assertStatus(await login({ username, email: null }), 200);
  });
}
