import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterNextHash } from '../../../test/after-next-hash.ts';
import { assertStatus } from '../../../test/api.ts';
import { newRegistration, signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';

const development = { ENVIRONMENT: 'development' };
const setupToken = 'c2V0IHVwIG9uY2UsIGFuZCBuZXZlciBhZ2Fpbg';
const withSetupToken = { ADMIN_SETUP_TOKEN: setupToken };
const register = '/api/admins/register';

test('in development a local caller registers the first admin, always a superadmin', async (t) => {
  for (const flag of [{}, { is_superadmin: false }]) {
    const { api } = await createTestApp(t, development);
    const body = newRegistration();
    const answer = await api.post(register, { ...body, ...flag });
    assertStatus(answer, 201);
    assert.equal(answer.body.is_superadmin, true);
    const { username, password } = body;
    assertStatus(await api.post('/api/admins/login', { username, password }), 200);
    assertStatus(await api.post(register, newRegistration()), 401);
  }
});

const localCallers = [
  ['127.0.0.1', 'localhost:8000'],
  ['127.9.8.7', '127.0.0.1'],
  ['::1', '[::1]:8000'],
  ['::ffff:127.0.0.1', 'accounts.example.com'],
] as const;

for (const [remoteAddress, host] of localCallers) {
  test(`a caller from ${remoteAddress} with host ${host} is local`, async (t) => {
    const { api } = await createTestApp(t, {
      ...development,
      PUBLIC_URL: 'https://accounts.example.com',
    });
    assertStatus(
      await api.post(register, newRegistration(), { remoteAddress, headers: { host } }),
      201,
    );
  });
}

test('a forwarding header, a foreign host or a remote address is not local', async (t) => {
  const { api, db } = await createTestApp(t, development);
  const foreign: { remoteAddress?: string; headers?: Record<string, string> }[] = [
    { remoteAddress: '192.0.2.7' },
    { remoteAddress: '2001:db8::1' },
    { remoteAddress: '10.0.0.1' },
    ...[
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'forwarded',
      'x-real-ip',
      'via',
    ].map((name) => ({ headers: { [name]: '127.0.0.1' } })),
    ...[
      'attacker.example',
      'localhost.attacker.example',
      '127.0.0.1.attacker.example',
      '192.0.2.7',
    ].map((host) => ({ headers: { host } })),
  ];
  for (const options of foreign) {
    const answer = await api.post(register, newRegistration(), options);
    assert.equal(answer.status, 401, JSON.stringify(options));
  }
  assert.deepEqual(await db.selectFrom('admins').select('id').execute(), []);
  assertStatus(await api.post(register, newRegistration()), 201);
});

for (const environment of [
  { ENVIRONMENT: 'test' },
  {
    ENVIRONMENT: 'production',
    DATABASE_URL: 'embedded',
    PUBLIC_URL: 'https://accounts.example.com',
    FRONTEND_URL: 'https://accounts.example.com/app',
    BCRYPT_ROUNDS: '10',
  },
]) {
  test(`in ${environment.ENVIRONMENT} only the setup token registers the first admin`, async (t) => {
    const unset = await createTestApp(t, environment);
    assertStatus(await unset.api.post(register, newRegistration()), 401);
    assertStatus(await unset.api.post(register, newRegistration(), presenting(setupToken)), 403);
    assertStatus(await unset.api.post(register, newRegistration(), presenting('')), 403);
    assert.deepEqual(await adminsOf(unset), []);

    const { api } = await createTestApp(t, { ...environment, ...withSetupToken });
    assertStatus(await api.post(register, newRegistration()), 401);
    for (const wrong of ['', setupToken.slice(0, -1), `${setupToken}x`, setupToken.toUpperCase()]) {
      assertStatus(await api.post(register, newRegistration(), presenting(wrong)), 403);
    }
    const answer = await api.post(
      register,
      { ...newRegistration(), is_superadmin: false },
      presenting(setupToken),
    );
    assertStatus(answer, 201);
    assert.equal(answer.body.is_superadmin, true);
  });
}

test('a refusal says how to register, not whether a setup token is set', async (t) => {
  const answersOf = async (overrides: Record<string, string>) => {
    const { api } = await createTestApp(t, overrides);
    const answers = [];
    for (const presented of [[], ['wrong'], ['']].map(([token]) =>
      token === undefined ? {} : presenting(token),
    ))
      answers.push(await api.post(register, newRegistration(), presented));
    // Too many wrong ones are 429.
    for (let tried = 0; tried < 4; tried += 1)
      answers.push(await api.post(register, newRegistration(), presenting(`wrong ${tried}`)));
    return answers.map(({ status, body: { error, message, details } }) => ({
      status,
      error,
      message,
      details,
    }));
  };
  const unset = await answersOf({});
  const set = await answersOf(withSetupToken);
  assert.deepEqual(unset, set);
  assert.deepEqual(
    set.map(({ status }) => status),
    [401, 403, 403, 403, 403, 403, 429],
  );
  for (const { message } of set.slice(0, 3))
    assert.match(message, /ADMIN_SETUP_TOKEN .*X-Setup-Token/);
});

test('after the first admin, a caller without a token is told how to register', async (t) => {
  for (const overrides of [{}, development, withSetupToken]) {
    const service = await createTestApp(t, overrides);
    await signedInAdmin(service);
    for (const options of [{}, presenting(setupToken)]) {
      const answer = await service.api.post(register, newRegistration(), options);
      assertStatus(answer, 401);
      assert.deepEqual(answer.body.details, { reason: 'admin_exists' });
      assert.match(answer.body.message, /sign in as a superadmin/);
    }
    const bad = await service.api.post(register, newRegistration(), { token: 'not.a.token' });
    assert.equal(bad.body.details, undefined);
  }
});

test('once an admin exists, right and wrong setup tokens get the same refusal', async (t) => {
  const service = await createTestApp(t, withSetupToken);
  await signedInAdmin(service);
  for (const token of [setupToken, 'wrong']) {
    assertStatus(await service.api.post(register, newRegistration(), presenting(token)), 401);
  }
});

test('a wrong setup token costs no hash and is refused to a local caller too', async (t) => {
  const { api, hashes } = await createTestApp(t, { ...development, ...withSetupToken });
  const hashed = hashes();
  assertStatus(await api.post(register, newRegistration(), presenting('wrong')), 403);
  assert.equal(hashes(), hashed);
  assertStatus(await api.post(register, newRegistration()), 201);
});

test('an invalid access token is refused even while a local caller may register', async (t) => {
  const service = await createTestApp(t, development);
  const user = await signedInUser(service);
  assertStatus(await service.api.post(register, newRegistration(), { token: 'not.a.token' }), 401);
  assertStatus(
    await service.api.post(register, newRegistration(), { token: user.accessToken }),
    403,
  );
  assert.deepEqual(await adminsOf(service), []);
});

test('of two concurrent first admins, one is 201 and the other 401', async (t) => {
  for (let round = 0; round < 3; round += 1) {
    // A slow hash, so that both requests find no admin.
    const service = await createTestApp(t, { ...development, BCRYPT_ROUNDS: '10' });
    const hashes = service.hashes();
    assert.deepEqual(
      await statusesOfTwo(service, newRegistration(), newRegistration()),
      [201, 401],
    );
    assert.equal(service.hashes(), hashes + 2);
    assert.equal((await adminsOf(service)).length, 1);
  }
});

test('of two concurrent first admins with the same body, the second is 401, not 409', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const service = await createTestApp(t, development);
    const body = newRegistration();
    assert.deepEqual(await statusesOfTwo(service, body, body), [201, 401]);
    assert.equal((await adminsOf(service)).length, 1);
  }
});

test('after the first admin, only a superadmin registers admins of either kind', async (t) => {
  const service = await createTestApp(t, { ...development, ...withSetupToken });
  const superadmin = await signedInAdmin(service);
  const plain = await signedInAdmin(service, { superadmin: false });
  const user = await signedInUser(service);
  for (const [token, status] of [
    [undefined, 401],
    ['not.a.token', 401],
    [user.accessToken, 403],
    [plain.accessToken, 403],
  ] as const) {
    const options = token === undefined ? {} : { token };
    assertStatus(await service.api.post(register, newRegistration(), options), status);
  }
  assert.equal((await adminsOf(service)).length, 2);
  for (const [flag, isSuperadmin] of [
    [{}, false],
    [{ is_superadmin: false }, false],
    [{ is_superadmin: true }, true],
  ] as const) {
    const body = { ...newRegistration(), ...flag };
    const answer = await service.api.post(register, body, { token: superadmin.accessToken });
    assertStatus(answer, 201);
    assert.equal(answer.body.is_superadmin, isSuperadmin);
  }
});

for (const lost of [{ is_superadmin: false }, { is_active: false }]) {
  test(`a superadmin who loses ${Object.keys(lost)[0]} during the hash is refused`, async (t) => {
    const service = await createTestApp(t);
    const { api, db } = service;
    const superadmin = await signedInAdmin(service);
    afterNextHash(t, service, 'hash', () =>
      db.updateTable('admins').set(lost).where('id', '=', superadmin.id).execute(),
    );
    assertStatus(
      await api.post(register, newRegistration(), { token: superadmin.accessToken }),
      403,
    );
    assert.equal((await adminsOf(service)).length, 1);
  });
}

async function statusesOfTwo({ api }: TestApp, first: object, second: object): Promise<number[]> {
  const answers = await Promise.all([api.post(register, first), api.post(register, second)]);
  return answers.map(({ status }) => status).toSorted();
}

function presenting(token: string): { headers: Record<string, string> } {
  return { headers: { 'x-setup-token': token } };
}

function adminsOf({ db }: TestApp): Promise<{ id: string }[]> {
  return db.selectFrom('admins').select('id').execute();
}
