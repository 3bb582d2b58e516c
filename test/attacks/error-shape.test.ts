import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { test } from 'node:test';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { goodPassword, newRegistration, signedInAdmin, signedInUser } from '../factories.ts';
import { raiseAtSignIn } from '../raise-at-sign-in.ts';
import { exchange, requestText } from '../raw-http.ts';
import { startWithoutDatabase } from '../second-app.ts';
import { assertSoundAnswer } from '../sound-answer.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const paths: [path: string, methods: string[]][] = [
  ['/nothing', []],
  ['/api', []],
  ['/api/users//me', []],
  ['/API/users/me', []],
  ['/', ['GET', 'HEAD', 'OPTIONS']],
  ['/health', ['GET', 'HEAD', 'OPTIONS']],
  ['/docs', ['GET', 'HEAD', 'OPTIONS']],
  ['/docs/static/reference.css', ['GET', 'HEAD', 'OPTIONS']],
  ['/api/users/login', ['OPTIONS', 'POST']],
  ['/api/users/me', ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT']],
  ['/api/users/me/', ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT']],
  [
    '/api/admins/users/0192c3a4-0000-7000-8000-000000000000',
    ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH'],
  ],
];

for (const [path, allowed] of paths) {
  test(`I16 ${path}: every unsupported method is 404 or 405 with Allow`, async (t) => {
    const { app } = await createTestApp(t);
    for (const method of METHODS.filter(
      (name) => name !== 'CONNECT' && (name === 'OPTIONS' || !allowed.includes(name)),
    )) {
      // The body does not matter on a path without a route.
      const body = method === 'POST' ? '{' : '';
      const headers = { 'Content-Type': 'application/json', Connection: 'close' };
      const { answers } = await exchange(app, requestText(method, path, headers, body));
      const [answer] = answers;
      assert.ok(answer, method);
      assertSoundAnswer(answer, { method, path });
      assert.equal(
        answer.status,
        allowed.length === 0 ? 404 : method === 'OPTIONS' ? 204 : 405,
        method,
      );
      assert.equal(
        answer.headers.allow,
        allowed.length === 0 ? undefined : allowed.join(', '),
        method,
      );
      // HEAD has no body in its answer, and TRACE does not echo the request.
      if (method === 'HEAD') assert.equal(answer.text, '');
      if (method === 'TRACE') assert.doesNotMatch(answer.text, /localhost/);
    }
  });
}

test('I18 input is echoed only as JSON: no HTML, no script, no JSONP', async (t) => {
  const test = await createTestApp(t);
  const script = '<script>alert(1)</script>';
  const headers = { Accept: 'text/html,application/xhtml+xml' };
  const requests: [request: string, path: string][] = [
    [requestText('GET', `/${script}`, headers), `/${script}`],
    [requestText('GET', `/nothing?callback=${script}`, headers), '/nothing'],
    [
      requestText('DELETE', `/api/users/me/sessions/${script}`, headers),
      `/api/users/me/sessions/${script}`,
    ],
    [requestText('POST', `/health?${script}`, headers), '/health'],
  ];
  for (const [request, path] of requests) {
    const { answers } = await exchange(test.app, request, { answers: 1 });
    const [answer] = answers;
    assert.ok(answer);
    assertSoundAnswer(answer, { method: 'GET', path });
    assert.match(String(answer.headers['content-type']), /^application\/json/);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['content-security-policy']?.includes("default-src 'none'"), true);
  }
  for (const name of ['callback', 'jsonp', 'cb']) {
    const answer = await test.api.get(`/health/live?${name}=alert`);
    assert.equal(answer.text, '{"status":"live"}');
  }
  // The value of a field is not repeated in its validation error.
  const refused = await test.api.post('/api/users/register', {
    ...newRegistration(),
    username: script,
    email: script,
  });
  assertStatus(refused, 422);
  assert.doesNotMatch(refused.text, /script/);
});

test('M06 an unexpected error is a 500 without details; only the log has them', async (t) => {
  const test = await createTestApp(t);
  const user = await signedInUser(test);
  await raiseAtSignIn(t, test, '22012');
  const answer = await loginAnswer(test, user.username);
  assertStatus(answer, 500);
  assert.equal(answer.body.error, 'InternalServerError');
  assert.equal(answer.body.message, 'An unexpected error occurred');
  assert.equal(answer.body.details, undefined);
  assertTellsNothing(answer);
  const logged = test
    .logs()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'));
  assert.equal(logged.length, 1);
  assert.match(logged[0] ?? '', /SQLSTATE 22012/);
  assert.match(logged[0] ?? '', new RegExp(answer.body.request_id));
  assert.doesNotMatch(test.logs(), /hunter2|\$2b/);
});

for (const [state, what] of [
  ['08006', 'a lost connection'],
  ['53100', 'a full disk'],
  ['53300', 'too many connections'],
  ['57P01', 'a server shutting down'],
  ['57014', 'a statement timeout'],
  ['55P03', 'a lock timeout'],
  ['40001', 'a serialisation failure'],
  ['40P01', 'a deadlock'],
  ['25006', 'a standby'],
]) {
  test(`M06 ${what} is a 503 with Retry-After and no details`, async (t) => {
    const test = await createTestApp(t);
    const user = await signedInUser(test);
    await raiseAtSignIn(t, test, String(state));
    const answer = await loginAnswer(test, user.username);
    assertStatus(answer, 503);
    assertSoundAnswer(answer, { method: 'POST', path: '/api/users/login' });
    assert.equal(answer.body.message, 'The service is temporarily unavailable');
    assertTellsNothing(answer);
  });
}

test('M06 without a database, routes that need it are 503; no answer or log names it', async (t) => {
  const test = await createTestApp(t);
  const user = await signedInUser(test);
  const admin = await signedInAdmin(test);
  const { api, logs } = await startWithoutDatabase(t, test);
  const credentials = { username: user.username, password: goodPassword };
  const answers = [
    await api.post('/api/users/register', newRegistration()),
    await api.post('/api/users/login', credentials),
    await api.post('/api/admins/login', credentials),
    await api.post('/api/users/refresh', { refresh_token: user.refreshToken }),
    await api.post('/api/users/logout', { refresh_token: user.refreshToken }),
    await api.get('/api/users/me', { token: user.accessToken }),
    await api.put('/api/users/me', { full_name: 'Ada' }, { token: user.accessToken }),
    await api.get('/api/admins/users', { token: admin.accessToken }),
    await api.get('/health'),
    await api.get('/health/ready'),
  ];
  for (const answer of answers) {
    assertStatus(answer, 503);
    assertTellsNothing(answer);
  }
  assertStatus(await api.get('/health/live'), 200);
  assertStatus(await api.get('/api/users/me'), 401);
  assert.match(logs(), /503 Service Unavailable: \/api\/users\/login/);
  assert.doesNotMatch(logs(), /dbsecret|dbuser|dbname/);
});

async function loginAnswer({ app }: TestApp, username: string): Promise<Answer> {
  const body = JSON.stringify({ username, password: goodPassword });
  const request = requestText(
    'POST',
    '/api/users/login',
    { 'Content-Type': 'application/json' },
    body,
  );
  const { answers } = await exchange(app, request, { answers: 1 });
  const [answer] = answers;
  assert.ok(answer);
  assertSoundAnswer(answer, { method: 'POST', path: '/api/users/login', breaks: true });
  return answer;
}

function assertTellsNothing({ text, headers }: Answer): void {
  const shown = text + JSON.stringify(headers);
  assert.doesNotMatch(
    shown,
    /hunter2|\$2b|SELECT|\.ts|db\.internal|srv|SQLSTATE|sessions|ECONN|127\.0\.0\.1|dbuser|dbsecret|dbname/,
  );
}
