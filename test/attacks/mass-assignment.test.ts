import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { newRegistration, signedInAdmin, signedInUser, signIn } from '../factories.ts';
import { signedInTo } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Fields that an attacker adds to a body: roles, other ids, and the column names themselves. */
const smuggled = {
  is_superuser: true,
  is_admin: true,
  role: 'admin',
  roles: ['admin'],
  is_active: false,
  is_email_verified: true,
  email_verified: true,
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  user_id: 1,
  hashed_password: 'x',
  password_scheme: 'argon2id',
  password_hash: 'x',
  password_key: 'x',
  password_version: 7,
  last_login_at: '2000-01-01T00:00:00Z',
  created_at: '2000-01-01T00:00:00Z',
  updated_at: '2000-01-01T00:00:00Z',
};

const superadminToo = { ...smuggled, is_superadmin: true };

test('B01 a registration sets its own fields only', async (t) => {
  const service = await createTestApp(t);
  const body = newRegistration({ fullName: 'Mallory' });
  const answer = await service.api.post('/api/users/register', { ...superadminToo, ...body });
  assertStatus(answer, 201);
  const plain = newRegistration({ fullName: 'Mallory' });
  assertStatus(await service.api.post('/api/users/register', plain), 201);
  await assertSameRights(service, userRealm, body.username, plain.username);

  const { id, accessToken } = await signIn(service, userRealm, body);
  assert.notEqual(id, smuggled.id);
  const me = await service.api.get('/api/users/me', { token: accessToken });
  assert.equal(me.body.is_superuser, false);
  assert.equal(me.body.is_active, true);
  assert.equal(me.body.is_email_verified, false);
  assert.ok(Date.parse(me.body.created_at) > Date.parse('2020-01-01'));
  assertStatus(await service.api.get('/api/admins/users', { token: accessToken }), 403);
  for (const { path } of realms) {
    assertStatus(
      await service.api.post(`${path}/login`, { username: body.username, password: 'x' }),
      401,
    );
  }
});

for (const realm of realms) {
  test(`B02 ${realm.kind}: PUT me changes its own fields only`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInAs(service, realm);
    const token = account.accessToken;
    const before = await storedAccount(service, realm, account.username);
    await service.clock.advance(1);
    const body = {
      ...superadminToo,
      password: 'a new password 17',
      new_password: 'a new password 17',
    };
    const answer = await service.api.put(
      `${realm.path}/me`,
      { ...body, full_name: 'Mallory' },
      { token },
    );
    assertStatus(answer, 200);
    const after = await storedAccount(service, realm, account.username);
    assert.ok(after.updated_at > before.updated_at);
    assert.deepEqual(after, { ...before, full_name: 'Mallory', updated_at: after.updated_at });

    const superadmins = await service.api.get('/api/admins', { token });
    assertStatus(superadmins, 403);
    await signIn(service, realm, account);
  });
}

test('B02 an admin who changes an account changes the fields of that endpoint only', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const user = await signedInUser(service);
  const plain = await signedInAdmin(service, { superadmin: false });
  // Fields that these endpoints may set are left out.
  const { is_superuser, is_active, ...columns } = smuggled;
  for (const [realm, path, account] of [
    [userRealm, '/api/admins/users', user],
    [adminRealm, '/api/admins', plain],
  ] as const) {
    const before = await storedAccount(service, realm, account.username);
    const body = { ...columns, is_active: true, password: 'a new password 17' };
    assertStatus(await service.api.patch(`${path}/${account.id}`, body, { token }), 200);
    const after = await storedAccount(service, realm, account.username);
    assert.deepEqual(after, { ...before, updated_at: after.updated_at });
    await signIn(service, realm, account);
  }
});

test('B03 once there is an admin, only a superadmin can create another', async (t) => {
  const service = await createTestApp(t, { ENVIRONMENT: 'development' });
  await signedInAdmin(service);
  const user = await signedInUser(service);
  const body = newRegistration();
  for (const options of [{}, { token: 'e30.e30.e30' }, { token: user.accessToken }]) {
    const answer = await service.api.post(
      '/api/admins/register',
      { ...body, ...superadminToo },
      options,
    );
    assert.ok([401, 403].includes(answer.status), answer.text);
  }
  assert.equal((await service.db.selectFrom('admins').select('id').execute()).length, 1);
  const { username, password } = body;
  assertStatus(await service.api.post('/api/admins/login', { username, password }), 401);
});

test('B04 a plain admin can neither create nor change a superadmin', async (t) => {
  const service = await createTestApp(t);
  const superadmin = await signedInAdmin(service);
  const plain = await signedInAdmin(service, { superadmin: false });
  const user = await signedInUser(service);
  const before = await allAccounts(service);
  const attempts: [method: string, path: string, body: object][] = [
    ['POST', '/api/admins/register', { ...newRegistration(), is_superadmin: true }],
    ['POST', '/api/admins/register', newRegistration()],
    ['PATCH', `/api/admins/${plain.id}`, { is_superadmin: true }],
    ['PATCH', `/api/admins/${superadmin.id}`, { is_superadmin: false }],
    ['PATCH', `/api/admins/${superadmin.id}`, { is_active: false }],
    ['PATCH', `/api/admins/${superadmin.id}`, {}],
    ['PATCH', `/api/admins/users/${user.id}`, { is_superuser: true }],
    ['PATCH', `/api/admins/users/${user.id}`, { is_superuser: false, full_name: 'Mallory' }],
  ];
  for (const [method, path, body] of attempts) {
    const answer = await service.api.request(method, path, body, { token: plain.accessToken });
    assert.equal(answer.status, 403, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`);
  }
  // The users' endpoints know only users, whatever the id.
  for (const { id } of [superadmin, plain]) {
    const target = `/api/admins/users/${id}`;
    const token = plain.accessToken;
    assertStatus(await service.api.patch(target, { is_active: false }, { token }), 404);
    for (const action of ['revoke-sessions', 'send-password-reset'])
      assertStatus(await service.api.post(`${target}/${action}`, undefined, { token }), 404);
  }
  assert.deepEqual(await allAccounts(service), before);
  const me = await service.api.get('/api/admins/me', { token: superadmin.accessToken });
  assertStatus(me, 200);
  const right = { is_superuser: true };
  const target = `/api/admins/users/${user.id}`;
  assertStatus(await service.api.patch(target, right, { token: superadmin.accessToken }), 200);
});

/** Without the roles that the attack is after. */
function signedInAs(service: TestApp, realm: Realm) {
  return realm === userRealm
    ? signedInTo(service, realm)
    : signedInAdmin(service, { superadmin: false });
}

async function storedAccount({ db }: TestApp, { table }: Realm, username: string) {
  const query = db
    .selectFrom(table as 'users')
    .selectAll()
    .where('username', '=', username);
  return query.executeTakeFirstOrThrow();
}

/** Removes what differs between any two accounts; everything else must be equal. */
async function assertSameRights(
  service: TestApp,
  realm: Realm,
  first: string,
  second: string,
): Promise<void> {
  const rows = await Promise.all(
    [first, second].map((name) => storedAccount(service, realm, name)),
  );
  const [one, other] = rows.map((row) => {
    const { id, username, email, password_hash, created_at, updated_at, ...rest } = row;
    return rest;
  });
  assert.deepEqual(one, other);
}

async function allAccounts({ db }: TestApp): Promise<unknown> {
  const users = await db.selectFrom('users').selectAll().orderBy('id').execute();
  return { users, admins: await db.selectFrom('admins').selectAll().orderBy('id').execute() };
}
