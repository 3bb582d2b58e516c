import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { newRegistration, signedInUser } from '../factories.ts';
import { refresh } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';
import { described, nameIn, overrides, responseOf } from './described-api.ts';

const root = join(import.meta.dirname, '../..');

test('refresh and logout have an optional body and say when it is required', async (t) => {
  const { operations } = await described(t);
  const chosen = operations.filter(({ url }) => /\/(refresh|logout)$/.test(url));
  assert.equal(chosen.length, 4);
  for (const { name, operation } of chosen) {
    assert.equal(operation.requestBody?.required, false, name);
    assert.match(operation.requestBody?.description ?? '', /required.*cookie mode.*no body/i, name);
  }
  for (const { name, operation } of operations) {
    if (operation.requestBody?.required === false)
      assert.ok(
        chosen.some((one) => one.name === name),
        name,
      );
  }
});

test('the two token shapes differ in whether refresh_token is present', async (t) => {
  const { document, operations } = await described(t);
  const schemas = document.components.schemas;
  const giving = operations.filter(({ url }) => /\/(login|refresh)$/.test(url));
  assert.equal(giving.length, 4);
  for (const { name, operation } of giving) {
    const schema = responseOf(document, operation, '200')?.content?.['application/json']?.schema;
    const shapes = schemas[nameIn(schema?.$ref ?? '')]?.oneOf?.map(({ $ref = '' }) => nameIn($ref));
    assert.deepEqual(shapes, ['TokenPair', 'CookieTokens'], name);
  }
  assert.ok(schemas.TokenPair?.required?.includes('refresh_token'));
  assert.ok(!('refresh_token' in (schemas.CookieTokens?.properties ?? {})));
});

test('no schema has both a pattern and an enum or const', async (t) => {
  const { document } = await described(t);
  const both: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('enum' in value && 'pattern' in value) both.push(path);
    for (const [name, member] of Object.entries(value)) visit(member, `${path}/${name}`);
  };
  visit(document, '#');
  assert.deepEqual(both, []);
});

/** Bodies at and beyond the limits of a registration and a login. */
const registrations: [what: string, body: object][] = [
  ['valid', {}],
  ['an emoji name of maximum length', { full_name: '🦊'.repeat(200) }],
  ['an emoji name that is too long', { full_name: '🦊'.repeat(201) }],
  ['a name with NUL', { full_name: 'a\0b' }],
  ['a name with a line separator', { full_name: 'a\u2028b' }],
  ['a null name', { full_name: null }],
  ['a short username', { username: 'ab' }],
  ['a long username', { username: 'a'.repeat(51) }],
  ['a username with a space', { username: 'ada lovelace' }],
  ['not an email', { email: 'ada' }],
  ['an address with a long local part', { email: `${'a'.repeat(65)}@example.com` }],
  ['a short password', { password: 'short77' }],
  ['a password with NUL', { password: 'violet\0harbour anvil' }],
  ['a long password', { password: 'v7-'.repeat(43) }],
  ['a password that is a number', { password: 12_345_678 }],
];
const logins: [what: string, body: object][] = [
  ['by username', { username: 'nobody', password: 'x' }],
  ['by address', { email: 'nobody@example.com', password: 'x' }],
  ['by address, the username null', { username: null, email: 'nobody@example.com', password: 'x' }],
  ['with neither', { password: 'x' }],
  ['with both null', { username: null, email: null, password: 'x' }],
  ['by an empty username', { username: '', password: 'x' }],
  ['with NUL in the password', { username: 'nobody', password: 'a\0b' }],
  ['with a name of 254 emoji', { username: '🦊'.repeat(254), password: 'x' }],
];

test('a request schema refuses exactly the bodies that get a 422', async (t) => {
  const { operations } = await described(t);
  const { api } = await createTestApp(t, { ...overrides, RATE_LIMIT_PER_HOUR: '0' });
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv, ['uuid', 'date-time']);
  // RFC 5321 § 4.5.3.1.1 limits the local part; ajv's own check does not.
  ajv.addFormat('email', /^[^@]{1,64}@[^@]+$/);
  const cases = [
    ...registrations.map(([what, body]) => ['/api/users/register', what, newBody(body)] as const),
    ...logins.map(([what, body]) => ['/api/users/login', what, body] as const),
  ];
  for (const [url, what, body] of cases) {
    const operation = operations.find((one) => one.url === url)?.operation;
    const schema = operation?.requestBody?.content['application/json']?.schema ?? {};
    const { status, text } = await api.post(url, body);
    assert.equal(ajv.validate(schema, body), status !== 422, `${url} ${what}: ${text}`);
  }
});

function newBody(fields: object): object {
  const { full_name: _, ...registration } = newRegistration() as Record<string, unknown>;
  return { ...registration, ...fields };
}

test('shared answers are defined once, and the document stays under 226 KB', async (t) => {
  const { document, operations } = await described(t);
  const seen = new Map<string, string>();
  for (const { name, operation } of operations) {
    for (const [status, response] of Object.entries(operation.responses)) {
      if ('$ref' in response) continue;
      const schema = response.content?.['application/json']?.schema;
      if (schema?.$ref === undefined) continue;
      assert.notEqual(schema.$ref, '#/components/schemas/Error', `${name} ${status}`);
      assert.equal(seen.get(JSON.stringify(response)), undefined, `${name} ${status}`);
      seen.set(JSON.stringify(response), name);
    }
  }
  const bytes = Buffer.byteLength(JSON.stringify(document));
  assert.ok(bytes < 226_000, `${bytes} bytes`);
});

test('an optional parameter has no example, which a form would fill in', async (t) => {
  const { operations } = await described(t);
  let shown = 0;
  for (const { name, operation } of operations) {
    for (const parameter of operation.parameters ?? []) {
      if (parameter.required) continue;
      assert.ok(
        !('example' in parameter) && !('example' in parameter.schema),
        `${name} ${parameter.name}`,
      );
      shown += parameter.schema.examples?.length ?? 0;
    }
  }
  assert.ok(shown > 0, 'a reader of the document still sees them');
});

test('no route declares security other than through its guard', () => {
  for (const file of globSync('src/features/**/routes.ts', { cwd: root })) {
    assert.doesNotMatch(readFileSync(join(root, file), 'utf8'), /\bsecurity\b(?=\s*[:,])/, file);
  }
});

test("refresh and logout name their realm's cookie, and superadmin routes the role", async (t) => {
  const { document, operations } = await described(t);
  const { userCookie, adminCookie } = document.components.securitySchemes;
  assert.deepEqual([userCookie?.in, userCookie?.name], ['cookie', '__Host-adl_user']);
  assert.deepEqual([adminCookie?.in, adminCookie?.name], ['cookie', '__Host-adl_admin']);
  for (const { name, url, guard, operation } of operations) {
    const [, kind] = /^\/api\/(user|admin)s\/(?:refresh|logout)$/.exec(url) ?? [];
    if (kind) assert.deepEqual(operation.security, [{ [`${kind}Cookie`]: [] }, {}], name);
    if (guard === 'superadmin')
      assert.deepEqual(operation.security, [{ adminToken: ['superadmin'] }], name);
  }
});

test('the recipe in the introduction gives two concurrent refreshes the same successor', async (t) => {
  const { document } = await described(t);
  const [, recipe = ''] = /```js\n(.*?)\nawait fetch/s.exec(document.info.description) ?? [];
  assert.match(recipe, /crypto\.subtle\.digest\('SHA-256'/);
  const service = await createTestApp(t);
  const { refreshToken } = await signedInUser(service);
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  const key = await AsyncFunction('refreshToken', `${recipe}; return key;`)(refreshToken);
  const answers = await Promise.all(
    [1, 2].map(() => refresh(service.api, userRealm, refreshToken, key)),
  );
  for (const answer of answers) assertStatus(answer, 200);
  assert.equal(answers[0]?.body.refresh_token, answers[1]?.body.refresh_token);
});
