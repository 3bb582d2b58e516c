import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { newRegistration, signedInAdmin, signedInUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const rights = '{"plan":"pro","roles":["owner"]}';

/** Members of a body with which a user might reach `app_metadata`. */
const ways = {
  plain: `"app_metadata":${rights}`,
  'in metadata': `"metadata":{"app_metadata":${rights}}`,
  twice: `"metadata":{},"metadata":{"app_metadata":${rights}}`,
  'as a path': `"app_metadata.plan":"pro","metadata.app_metadata":${rights}`,
  'in another case': `"APP_METADATA":${rights},"appMetadata":${rights},"app-metadata":${rights}`,
  escaped: `"app\\u005fmetadata":${rights}`,
  'by the prototype': `"__proto__":{"app_metadata":${rights}},"constructor":{"prototype":{"app_metadata":${rights}}}`,
  'as text': `"full_name":"x', app_metadata='${rights.replaceAll('"', '\\"')}"`,
};

for (const [name, members] of Object.entries(ways)) {
  test(`no user writes app_metadata, at registration or later: ${name}`, async (t) => {
    const service = await createTestApp(t, { ACCESS_TOKEN_METADATA: 'plan,roles' });
    const { api } = service;
    const own = JSON.stringify(newRegistration()).slice(1, -1);
    await api.post('/api/users/register', undefined, { rawBody: `{${own},${members}}` });
    const { accessToken: token } = await signedInUser(service);
    await api.put('/api/users/me', undefined, { token, rawBody: `{${members}}` });
    await api.patch('/api/users/me', undefined, { token, rawBody: `{${members}}` });
    const rows = await service.db.selectFrom('users').select('app_metadata').execute();
    assert.deepEqual(rows, [{ app_metadata: {} }, { app_metadata: {} }]);
    assert.equal(({} as Record<string, unknown>).app_metadata, undefined);
  });
}

test('a user’s token opens no way to write metadata as an admin', async (t) => {
  const service = await createTestApp(t);
  const { id, accessToken: token } = await signedInUser(service);
  const body = { app_metadata: { plan: 'pro' } };
  for (const options of [{}, { token }]) {
    const status = 'token' in options ? 403 : 401;
    assertStatus(await service.api.patch(`/api/admins/users/${id}`, body, options), status);
    assertStatus(await service.api.post('/api/admins/users', newRegistration(), options), status);
    assertStatus(await service.api.get('/api/admins/users?app_metadata=plan:pro', options), status);
  }
});

/** A JSON object nested this many levels deep, itself included. */
function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

function membersIn(count: number): string {
  return `{${Array.from({ length: count }, (_, at) => `"k${at}":0`).join(',')}}`;
}

/** `{"k":"…"}` with this many bytes. */
function sized(bytes: number): string {
  const ascii = '{"k":"é"}';
  return `{"k":"é${'x'.repeat(bytes - Buffer.byteLength(ascii))}"}`;
}

const accepted = {
  'the most bytes': sized(4096),
  'the most levels': nested(5),
  'the most members': membersIn(100),
  'the longest key': `{"${'🦊'.repeat(64)}":1}`,
  'odd but harmless keys':
    '{"constructor":"Ferrari","toString":1,"hasOwnProperty":{},"a.b":1,"$where":"1"}',
  'the largest number': '{"n":1.7976931348623157e308,"m":-5e-324}',
};

const refused = {
  'a byte too many': sized(4097),
  'bytes, not characters': `{"k":"${'é'.repeat(2050)}"}`,
  'a level too many': nested(6),
  'a level too many in arrays': '{"a":[[[[[1]]]]]}',
  'thousands of levels': `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  'a member too many': membersIn(101),
  'elements count too': `{"a":[${'0,'.repeat(99)}0]}`,
  'thousands of members': membersIn(5000),
  'a long key': `{"${'k'.repeat(65)}":1}`,
  'an empty key': '{"":1}',
  'NUL in a value': '{"a":["\\u0000"]}',
  'NUL in a key': '{"a":{"b\\u0000":1}}',
  'a lone surrogate in a value': '{"a":{"b":"\\ud800"}}',
  'a lone surrogate in a key': '{"\\udfff":1}',
  infinity: '{"n":1e400}',
  __proto__: '{"__proto__":{"polluted":true}}',
  '__proto__ below': '{"a":[{"\\u005f_proto__":{"polluted":true}}]}',
  'constructor.prototype': '{"constructor":{"prototype":{"polluted":true}}}',
  'an array': '[]',
  'an array of pairs': '[["plan","pro"]]',
  'a string': '"{}"',
  'a number': '1',
  false: 'false',
};

/** Every member that takes metadata, as a request with the given JSON in it. */
async function writers(service: TestApp) {
  const { api } = service;
  const user = await signedInUser(service);
  const { accessToken: token } = await signedInAdmin(service);
  const rest = () => JSON.stringify(newRegistration()).slice(1, -1);
  const asUser = user.accessToken;
  const path = `/api/admins/users/${user.id}`;
  return [
    ['metadata', (json: string) => send('PUT', '/api/users/me', asUser, `{"metadata":${json}}`)],
    [
      'metadata',
      (json: string) =>
        send('POST', '/api/users/register', asUser, `{${rest()},"metadata":${json}}`),
    ],
    ['metadata', (json: string) => send('PATCH', path, token, `{"metadata":${json}}`)],
    ['app_metadata', (json: string) => send('PATCH', path, token, `{"app_metadata":${json}}`)],
    [
      'app_metadata',
      (json: string) =>
        send('POST', '/api/admins/users', token, `{${rest()},"app_metadata":${json}}`),
    ],
  ] as const;

  function send(method: string, to: string, by: string, rawBody: string) {
    return api.request(method, to, undefined, { token: by, rawBody });
  }
}

test('metadata at the bounds is stored, everything beyond them is 422', async (t) => {
  const service = await createTestApp(t);
  const all = await writers(service);
  for (const [name, json] of Object.entries(accepted)) {
    for (const [field, write] of all) {
      const answer = await write(json);
      assert.ok([200, 201].includes(answer.status), `${name}: ${answer.text}`);
      assert.deepEqual(answer.body[field], JSON.parse(json), name);
    }
  }
  const before = await service.db.selectFrom('users').selectAll().orderBy('id').execute();
  for (const [name, json] of Object.entries(refused)) {
    for (const [field, write] of all) {
      const answer = await write(json);
      assert.equal(answer.status, 422, `${name}: ${answer.text.slice(0, 300)}`);
      const faults = answer.body.details.errors.map((fault: { field: string }) => fault.field);
      assert.deepEqual(faults, [field], name);
    }
  }
  assert.deepEqual(
    await service.db.selectFrom('users').selectAll().orderBy('id').execute(),
    before,
  );
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('no search for metadata is code: in SQL, in JSON or as a path', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const user = await signedInUser(service);
  const body = { app_metadata: { plan: 'pro', "it's": '"quoted"' } };
  assertStatus(await service.api.patch(`/api/admins/users/${user.id}`, body, { token }), 200);
  const total = async (asked: string, parameter = 'app_metadata') => {
    const query = `${parameter}=${encodeURIComponent(asked)}`;
    const answer = await service.api.get(`/api/admins/users?${query}`, { token });
    assertStatus(answer, 200);
    return answer.body.total;
  };
  assert.equal(await total('it\'s:"quoted"'), 1);
  for (const hostile of [
    "plan:' OR '1'='1",
    "plan:pro' OR true --",
    'plan:pro"}\' OR true --',
    'plan:"} OR {"plan":"pro',
    '{"plan"::"pro"}',
    'plan:%',
    'plan:p_o',
    '$.plan:pro',
    '$.**:pro',
    '*:pro',
    'plan:"pro"',
    "plan:'; SELECT pg_sleep(5); --",
    '__proto__:x',
    'constructor:x',
    'plan:1e400',
    `plan:${'9'.repeat(290)}`,
    'plan:-0',
    'plan:NaN',
    'plan:\\u0070ro',
  ])
    for (const parameter of ['metadata', 'app_metadata'])
      assert.equal(await total(hostile, parameter), 0, hostile);
  for (const broken of ['app_metadata=plan:%00', 'app_metadata=plan:%ff', 'app_metadata=a%00b:c'])
    assertStatus(await service.api.get(`/api/admins/users?${broken}`, { token }), 422);
});
