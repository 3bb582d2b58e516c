import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const marker = 'zq9';
const payloads = [
  `${marker}'`,
  `${marker}"`,
  `${marker}\\`,
  `${marker}' OR '1'='1`,
  `${marker}'; SELECT pg_sleep(5); --`,
  `${marker}'/**/||(SELECT pg_sleep(5))||'`,
  `1 OR ${marker}=${marker}`,
  `(SELECT ${marker} FROM pg_sleep(5))`,
];

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document, read as far as this test needs it
type Json = any;

type Target = {
  method: string;
  path: string;
  field: { place: 'path' | 'query' | 'header' | 'body'; name: string };
  /** The other members that the body must have. */
  body: Record<string, unknown>;
};

test('H03 no value of any field of any route becomes SQL', async (t) => {
  const test = await createTestApp(t);
  const user = await signedInUser(test);
  const { accessToken: adminToken } = await signedInAdmin(test);
  const targets = await listTargets(test, user.id);
  const names = targets.map(({ method, path, field }) => `${method} ${path} ${field.place} ${field.name}`);
  for (const known of [
    'GET /api/admins/users query q',
    'POST /api/users/login body username',
    `PATCH /api/admins/users/{id} path id`,
    'POST /api/users/refresh header idempotency-key',
  ]) {
    assert.ok(names.includes(known), `${known} is attacked`);
  }

  for (const [at, target] of targets.entries()) {
    for (const payload of payloads) {
      const token = target.path.startsWith('/api/admins') ? adminToken : user.accessToken;
      const started = performance.now();
      const answer = await attack(test, target, payload, { token, id: user.id });
      assert.ok(answer.status < 500, `${names[at]} ${payload}: ${answer.text}`);
      assert.ok(performance.now() - started < 4000, `${names[at]} ${payload}: took the time it asked for`);
    }
  }
  const statements = test.statements();
  assert.ok(statements.length > targets.length, `${statements.length} statements`);
  assert.deepEqual(
    statements.filter((statement) => statement.includes(marker)),
    [],
  );
});

test('H03 what looks like SQL is stored and found as the text that it is', async (t) => {
  const test = await createTestApp(t);
  const { api, db } = test;
  const user = await signedInUser(test);
  const { accessToken: adminToken } = await signedInAdmin(test);
  for (const payload of payloads) {
    const put = await api.put('/api/users/me', { full_name: payload }, { token: user.accessToken });
    assertStatus(put, 200);
    assert.equal(put.body.full_name, payload);
    const query = new URLSearchParams({ q: payload });
    const found = await api.get(`/api/admins/users?${query}`, { token: adminToken });
    assertStatus(found, 200);
    assert.equal(found.body.total, 1);

    const headers = { 'user-agent': payload, 'x-forwarded-for': payload, 'x-request-id': payload };
    const login = await api.post(
      '/api/users/login',
      { username: user.username, password: user.password },
      { headers },
    );
    assertStatus(login, 200);
    const { items } = (await api.get('/api/users/me/sessions', { token: login.body.access_token })).body;
    assert.equal(items.find(({ current }: { current: boolean }) => current).user_agent, payload);
  }
  assert.equal((await db.selectFrom('users').select('id').execute()).length, 1);
});

/** Every field of every operation that the API's own description names. */
async function listTargets(test: TestApp, id: string): Promise<Target[]> {
  const document: Json = (await test.api.get('/openapi.json')).body;
  const resolve = (schema: Json): Json => {
    if (schema.$ref === undefined) return schema;
    return schema.$ref
      .slice(2)
      .split('/')
      .reduce((node: Json, key: string) => node[key], document);
  };
  const targets: Target[] = [];
  for (const [path, operations] of Object.entries<Json>(document.paths)) {
    for (const [method, operation] of Object.entries<Json>(operations)) {
      const schema = resolve(operation.requestBody?.content['application/json'].schema ?? {});
      const parts: Json[] = (schema.allOf ?? [schema]).map(resolve);
      const properties = Object.assign({}, ...parts.map((part) => part.properties));
      const required = parts.flatMap((part): string[] => part.required ?? []);
      const body = Object.fromEntries(
        required.map((name) => [name, resolve(properties[name]).example ?? id]),
      );
      const parameters: Json[] = operation.parameters ?? [];
      const fields = [
        ...parameters.map((parameter) => ({ place: parameter.in, name: parameter.name })),
        ...Object.keys(properties).map((name) => ({ place: 'body' as const, name })),
      ];
      targets.push(...fields.map((field) => ({ method: method.toUpperCase(), path, field, body })));
    }
  }
  return targets;
}

function attack(
  { api }: TestApp,
  { method, path, field, body }: Target,
  payload: string,
  { token, id }: { token: string; id: string },
) {
  const filled = path.replace('{id}', field.place === 'path' ? encodeURIComponent(payload) : id);
  const query = field.place === 'query' ? `?${new URLSearchParams({ [field.name]: payload })}` : '';
  const headers: Record<string, string> = field.place === 'header' ? { [field.name]: payload } : {};
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const sent = field.place === 'body' ? { ...body, [field.name]: payload } : body;
  return api.request(method, filled + query, hasBody ? sent : undefined, { token, headers });
}
