import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { newRegistration } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { postman, pythonRequests } from './client-bodies.ts';

const local = { ENVIRONMENT: 'development' };
const newPassword = 'copper meadow 57 lantern';

const clients = { postman, pythonRequests };

function assertMembers(body: object, names: string[]): void {
  assert.deepEqual(Object.keys(body).toSorted(), names.toSorted());
}

const userMembers = [
  'id',
  'username',
  'email',
  'full_name',
  'is_active',
  'is_superuser',
  'is_email_verified',
  'is_invited',
];
const times = ['legacy_id', 'created_at', 'updated_at'];
// Not in a list.
const metadata = ['metadata', 'app_metadata'];

function assertTokens({ body }: Answer): void {
  assertMembers(body, ['access_token', 'refresh_token', 'token_type', 'expires_in']);
  assert.deepEqual([body.token_type, body.expires_in], ['bearer', 900]);
  assert.equal(body.access_token.split('.').length, 3);
}

for (const [name, client] of Object.entries(clients)) {
  test(`a user's life from registration to logout with a ${name} client`, async (t) => {
    const { api } = await createTestApp(t);
    const call = client(api);
    const { email, username, password } = newRegistration();
    const registered = await call('POST', '/api/users/register', {
      email,
      username,
      password,
      full_name: 'Zoë',
    });
    assertStatus(registered, 201);
    assertMembers(registered.body, [...userMembers, ...times, ...metadata]);
    assert.deepEqual(
      [registered.body.email, registered.body.full_name, registered.body.is_active],
      [email, 'Zoë', true],
    );
    const again = await call('POST', '/api/users/register', { email, username, password });
    assertStatus(again, 409);
    assert.equal(again.body.error, 'DuplicateRecordError');

    assertStatus(await call('POST', '/api/users/login', { email, password }), 200);
    const login = await call('POST', '/api/users/login', { username, password });
    assertStatus(login, 200);
    assertTokens(login);
    const token = login.body.access_token;
    const me = await call('GET', '/api/users/me', undefined, token);
    assertStatus(me, 200);
    assert.deepEqual(me.body, registered.body);

    const everyMember = { email, username, full_name: 'Zoë Ångström' };
    const updated = await call('PUT', '/api/users/me', everyMember, token);
    assertStatus(updated, 200);
    assert.equal(updated.body.full_name, 'Zoë Ångström');
    const moved = newRegistration().email;
    const change = { email: moved, username: null, full_name: null, current_password: password };
    const changed = await call('PUT', '/api/users/me', change, token);
    assertStatus(changed, 200);
    assert.deepEqual(
      [changed.body.email, changed.body.username, changed.body.full_name],
      [moved, username, 'Zoë Ångström'],
    );

    const passwords = { current_password: password, new_password: newPassword };
    const renewed = await call('POST', '/api/users/change-password', passwords, token);
    assertStatus(renewed, 200);
    assert.deepEqual(renewed.body, { message: 'Password changed successfully' });
    const repeated = await call('POST', '/api/users/change-password', passwords, token);
    assertStatus(repeated, 400);
    assert.equal(repeated.body.error, 'BadRequestError');
    assertStatus(await call('POST', '/api/users/login', { username, password }), 401);

    const relogin = await call('POST', '/api/users/login', { username, password: newPassword });
    const first = { refresh_token: relogin.body.refresh_token };
    const refreshed = await call('POST', '/api/users/refresh', first);
    assertStatus(refreshed, 200);
    assertTokens(refreshed);
    assertStatus(await call('POST', '/api/users/refresh', first), 401);
    const last = { refresh_token: refreshed.body.refresh_token };
    assertStatus(await call('POST', '/api/users/logout', last), 204);
    assertStatus(await call('GET', '/api/users/me', undefined, refreshed.body.access_token), 401);
    // A content type without a body, as Postman sends it.
    assertStatus(await call('POST', '/api/users/logout-all', undefined, token), 204);
  });

  test(`an admin registers, signs in, lists and changes with a ${name} client`, async (t) => {
    const service = await createTestApp(t, local);
    const call = client(service.api);
    const { email, username, password } = newRegistration();
    const registered = await call('POST', '/api/admins/register', { email, username, password });
    assertStatus(registered, 201);
    const members = [
      'id',
      'username',
      'email',
      'full_name',
      'is_active',
      'is_superadmin',
      ...times,
    ];
    assertMembers(registered.body, members);
    const login = await call('POST', '/api/admins/login', { email, password });
    assertTokens(login);
    assertTokens(await call('POST', '/api/admins/login', { username, password }));
    const token = login.body.access_token;
    assert.deepEqual((await call('GET', '/api/admins/me', undefined, token)).body, registered.body);

    const users = await registerUsers(service, 3);
    const [newest = ''] = users.toReversed();
    const list = (query: string) => call('GET', `/api/admins/users${query}`, undefined, token);
    const page = await list('?page=1&page_size=2');
    assertStatus(page, 200);
    assertMembers(page.body, [
      'items',
      'total',
      'total_is_exact',
      'page',
      'page_size',
      'total_pages',
      'next_cursor',
    ]);
    assertMembers(page.body.items[0], [...userMembers, ...times]);
    const { total, page: number, page_size: size, total_pages: pages } = page.body;
    assert.deepEqual([total, number, size, pages, page.body.items[0].id], [3, 1, 2, 2, newest]);
    assert.equal((await list('/?page=2&page_size=2')).body.items.length, 1);

    const change = { is_active: false, full_name: null, username: null, email: null };
    const path = `/api/admins/users/${newest}`;
    assert.equal((await call('PATCH', path, change, token)).body.is_active, false);
    for (const word of ['false', 'False', '0'])
      assert.equal((await list(`?is_active=${word}`)).body.total, 1, word);
    for (const word of ['true', 'True', '1'])
      assert.equal((await list(`?is_active=${word}`)).body.total, 2, word);
    assertStatus(await list('?page_size=101'), 422);
    assertStatus(await list('?page=0'), 422);

    const refresh = { refresh_token: login.body.refresh_token };
    assertTokens(await call('POST', '/api/admins/refresh', refresh));
    const tested = await call('POST', '/api/password/test-email', { to_email: email }, token);
    assertStatus(tested, 202);
    assert.deepEqual(tested.body, { message: 'Test email queued' });
    assert.equal((await service.mailbox.mails('test')).length, 1);
  });

  test(`a forgotten password is reset with the mailed token by a ${name} client`, async (t) => {
    const { api, mailbox } = await createTestApp(t);
    const call = client(api);
    const { email, username, password } = newRegistration();
    await call('POST', '/api/users/register', { email, username, password });
    const forgot = 'If the email exists, a password reset link has been sent';
    for (const address of [email, 'nobody@example.com']) {
      const answer = await call('POST', '/api/password/forgot-password', { email: address });
      assertStatus(answer, 200);
      assert.deepEqual(answer.body, { message: forgot });
    }
    const token = await mailbox.token('password_reset', email);
    const body = { token, new_password: newPassword };
    const reset = await call('POST', '/api/password/reset-password', body);
    assertStatus(reset, 200);
    assert.deepEqual(reset.body, { message: 'Password reset successfully' });
    assertStatus(await call('POST', '/api/password/reset-password', body), 400);
    assertStatus(await call('POST', '/api/users/login', { username, password: newPassword }), 200);
    assertStatus(await call('POST', '/api/users/login', { username, password }), 401);
  });
}

test('the system endpoints have the members that probes and clients read', async (t) => {
  const { api } = await createTestApp(t);
  const health = await api.get('/health');
  assertStatus(health, 200);
  assert.deepEqual(health.body.database, { connected: true, error: null });
  const members = [
    'status',
    'timestamp',
    'version',
    'environment',
    'project',
    'database',
    'email_configured',
    'clock',
  ];
  assertMembers(health.body, members);
  assert.equal(health.body.status, 'healthy');
  const root = await api.get('/');
  assert.deepEqual(
    [root.body.docs, root.body.redoc, root.body.health],
    ['/docs', '/redoc', '/health'],
  );
  assert.match(root.body.message, /^Welcome to .* API!$/);
  for (const page of ['/docs', '/redoc'])
    assert.match(String((await api.get(page)).headers['content-type']), /^text\/html/);
  assert.match((await api.get('/openapi.json')).body.openapi, /^3\./);
});

test("every error has the members that clients read, and the header's request id", async (t) => {
  const { api } = await createTestApp(t);
  const nowhere = await api.get('/nonexistent');
  assert.equal(nowhere.body.message, "The requested resource '/nonexistent' was not found");
  for (const [answer, status, error] of [
    [nowhere, 404, 'NotFoundError'],
    [await api.get('/api/users/me'), 401, 'AuthenticationError'],
    [await api.request('PUT', '/api/users/login', {}), 405, 'MethodNotAllowedError'],
    [await api.post('/api/users/register', {}), 422, 'ValidationError'],
    [await api.post('/api/users/login', newRegistration({ username: '' })), 422, 'ValidationError'],
  ] as const) {
    assertStatus(answer, status);
    const { details, ...body } = answer.body;
    assertMembers(body, ['error', 'message', 'status_code', 'request_id', 'timestamp', 'path']);
    assert.deepEqual([body.error, body.status_code], [error, status]);
    assert.equal(body.request_id, answer.headers['x-request-id']);
    if (status === 422) assertMembers(details.errors[0], ['field', 'message', 'type']);
  }
});

test('the headers that clients read: security headers and rate limit', async (t) => {
  const { api } = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '200' });
  const { headers } = await api.get('/nonexistent');
  for (const name of [
    'strict-transport-security',
    'content-security-policy',
    'x-content-type-options',
    'x-frame-options',
    'x-xss-protection',
    'referrer-policy',
    'permissions-policy',
    'x-permitted-cross-domain-policies',
  ])
    assert.equal(typeof headers[name], 'string', name);
  assert.deepEqual(
    [headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']],
    ['200', '199'],
  );
  assert.match(String(headers['x-ratelimit-reset']), /^\d+$/);
});

/** Their ids, oldest first. */
async function registerUsers({ api }: TestApp, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count)
    ids.push((await api.post('/api/users/register', newRegistration())).body.id);
  return ids;
}
