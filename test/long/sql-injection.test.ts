import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { describedFields, type Field, openService } from '../attacks/described-fields.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';

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

test('H03 no value of any field of any route becomes SQL', async (t) => {
  const test = await openService(t);
  const user = await signedInUser(test);
  const superadmin = await signedInAdmin(test);
  const fields = await describedFields(test.api);
  const labels = fields.map(({ label }) => label);
  for (const known of [
    'GET /api/admins/users q',
    'POST /api/users/login username',
    'PATCH /api/admins/{id} id',
  ]) {
    assert.ok(labels.includes(known), `${known} is tested`);
  }

  for (const field of fields) {
    // The other fields are valid, so that the value gets as far as possible.
    const others = fields.filter(
      ({ method, path, place }) =>
        method === field.method && path === field.path && place === 'body',
    );
    const plain = Object.fromEntries(others.map((other) => [other.name, other.plain]));
    const { accessToken: token } = field.path.startsWith('/api/users') ? user : superadmin;
    for (const payload of payloads) {
      const started = performance.now();
      const answer = await test.api.request(
        field.method,
        pathWith(field, payload, user.id),
        field.place === 'body' ? { ...plain, [field.name]: payload } : undefined,
        { token },
      );
      assert.ok(answer.status < 500, `${field.label} ${payload}: ${answer.text}`);
      assert.ok(performance.now() - started < 4000, `${field.label} ${payload}: pg_sleep ran`);
    }
  }
  const statements = test.statements();
  assert.ok(statements.length > fields.length, `${statements.length} statements`);
  assert.deepEqual(
    statements.filter((statement) => statement.includes(marker)),
    [],
  );
});

test('H03 text that looks like SQL is stored and found as text', async (t) => {
  const test = await openService(t);
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

    const headers = {
      'user-agent': payload,
      'x-forwarded-for': payload,
      'x-request-id': payload,
      'idempotency-key': payload.padEnd(16, '-'),
    };
    const login = await api.post(
      '/api/users/login',
      { username: user.username, password: user.password },
      { headers },
    );
    assertStatus(login, 200);
    const { items } = (await api.get('/api/users/me/sessions', { token: login.body.access_token }))
      .body;
    assert.equal(items.find(({ current }: { current: boolean }) => current).user_agent, payload);
    const refresh = { refresh_token: login.body.refresh_token };
    const refreshed = await api.post('/api/users/refresh', refresh, { headers });
    assertStatus(refreshed, 200);
  }
  assert.equal((await db.selectFrom('users').select('id').execute()).length, 1);
});

function pathWith({ path, place, name }: Field, payload: string, id: string): string {
  const filled = path.replace(/\{\w+\}/, place === 'path' ? encodeURIComponent(payload) : id);
  return place === 'query' ? `${filled}?${new URLSearchParams({ [name]: payload })}` : filled;
}
