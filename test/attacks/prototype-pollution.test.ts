import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { goodPassword, newRegistration, signedInAdmin, signedInUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const polluting = '{"is_superuser":true,"is_superadmin":true,"is_active":false,"polluted":true}';

/** Members of a JSON object that could reach the shared prototype. */
const ways = {
  plain: `"__proto__":${polluting}`,
  duplicated: `"__proto__":${polluting},"__proto__":${polluting}`,
  escaped: `"\\u005f_proto__":${polluting}`,
  constructor: `"constructor":{"prototype":${polluting}}`,
  nested: `"a":{"__proto__":{"__proto__":${polluting}},"constructor":{"prototype":${polluting}}}`,
  'not an object':
    '"__proto__":null,"constructor":null,"hasOwnProperty":1,"toString":"x","then":"y"',
};

for (const [name, members] of Object.entries(ways)) {
  test(`B17 prototype members (${name}) are ignored and affect no later request`, async (t) => {
    const service = await createTestApp(t);
    const body = newRegistration();
    const own = JSON.stringify(body).slice(1, -1);
    const rawBody = `{${members},${own}}`;
    const answer = await service.api.post('/api/users/register', undefined, { rawBody });
    assertStatus(answer, 201);
    assert.equal(answer.body.is_superuser, false);
    assert.equal(answer.body.is_active, true);
    const login = `{"username":"${body.username}",${members},"password":"${goodPassword}"}`;
    const token = (await service.api.post('/api/users/login', undefined, { rawBody: login })).body
      .access_token;
    const change = `{${members},"full_name":"Ada"}`;
    const changed = await service.api.put('/api/users/me', undefined, { token, rawBody: change });
    assertStatus(changed, 200);
    assert.equal(changed.body.full_name, 'Ada');
    await assertClean(service);
  });
}

test('B17 a field whose value has prototype members is refused', async (t) => {
  const service = await createTestApp(t);
  const { email, username } = newRegistration();
  for (const members of Object.values(ways)) {
    const rawBody = `{"email":"${email}","username":"${username}","password":"${goodPassword}","full_name":{${members}}}`;
    const answer = await service.api.post('/api/users/register', undefined, { rawBody });
    assertStatus(answer, 422);
    assert.deepEqual(
      answer.body.details.errors.map((fault: { field: string }) => fault.field),
      ['full_name'],
    );
  }
  await assertClean(service);
});

test('B17 prototype members in a query do nothing, with brackets escaped or not', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  for (const query of [
    '__proto__[is_superuser]=1',
    '__proto__%5Bis_superuser%5D=1',
    '__proto__.is_superuser=1',
    '__proto__=1&__proto__=2',
    'constructor[prototype][is_superuser]=1',
    'constructor=1&toString=2&hasOwnProperty=3',
  ]) {
    assertStatus(await service.api.get(`/api/admins/users?${query}`, { token }), 422);
    const registration = await service.api.post(`/api/users/register?${query}`, newRegistration());
    assertStatus(registration, 201);
    assert.equal(registration.body.is_superuser, false);
  }
  await assertClean(service);
});

/** The next ordinary registration creates an ordinary user, and the process is healthy. */
async function assertClean(service: TestApp): Promise<void> {
  const empty: Record<string, unknown> = {};
  for (const name of ['is_superuser', 'is_superadmin', 'is_active', 'polluted', '0'])
    assert.equal(empty[name], undefined);
  const { accessToken: token } = await signedInUser(service);
  const me = await service.api.get('/api/users/me', { token });
  assert.equal(me.body.is_superuser, false);
  assert.equal(me.body.is_active, true);
  assertStatus(await service.api.get('/api/admins/users', { token }), 403);
  assertStatus(await service.api.get('/health'), 200);
}
