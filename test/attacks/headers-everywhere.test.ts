import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Answer } from '../answer.ts';
import { apiPolicy, forAll, pagePolicy } from '../expected-headers.ts';
import { goodPassword, newRegistration, signedInUser } from '../factories.ts';
import { raiseAtSignIn } from '../raise-at-sign-in.ts';
import { exchange, requestText } from '../raw-http.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

type Request = string | Buffer;

/** The single answer to these bytes, read from the wire: a header sent twice becomes a list. */
async function answerOf({ app }: TestApp, request: Request): Promise<Answer> {
  const { answers } = await exchange(app, request, { answers: 1 });
  assert.equal(answers.length, 1, String(request).slice(0, 100));
  return answers[0] as Answer;
}

function assertHeaders({ headers, status }: Answer, policy: string, expectedStatus: number): void {
  assert.equal(status, expectedStatus);
  const expected = { ...forAll, 'content-security-policy': policy };
  for (const [name, value] of Object.entries(expected))
    assert.equal(headers[name], value, `${status} ${name}`);
  const repeated = Object.keys(headers).filter((name) => Array.isArray(headers[name]));
  assert.deepEqual(repeated, [], `${status}: duplicate headers`);
  for (const name of ['server', 'x-powered-by']) assert.equal(headers[name], undefined);
}

function json(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return requestText(method, path, { 'Content-Type': 'application/json', ...headers }, text);
}

const login = '/api/users/login';
const preflight = { Origin: 'http://localhost:3000', 'Access-Control-Request-Method': 'PUT' };

test('J01 every API answer has the eight headers once, with the values for an API', async (t) => {
  const service = await createTestApp(t, { CORS_ORIGINS: 'http://localhost:3000' });
  const user = await signedInUser(service);
  const bearer = { Authorization: `Bearer ${user.accessToken}` };
  const change = {
    current_password: 'not the right one',
    new_password: 'granite lantern 41 willow',
  };
  const answers: [status: number, request: Request][] = [
    [200, requestText('GET', '/')],
    [200, requestText('GET', '/health')],
    [200, requestText('GET', '/metrics')],
    [200, requestText('GET', '/openapi.json')],
    [200, requestText('GET', '/api/users/me', { ...bearer, Origin: 'http://localhost:3000' })],
    [200, requestText('GET', '/api/users/me', { ...bearer, Origin: 'https://evil.test' })],
    [201, json('POST', '/api/users/register', newRegistration())],
    [
      204,
      json('POST', '/api/users/logout', {
        refresh_token: (await signedInUser(service)).refreshToken,
      }),
    ],
    [204, requestText('OPTIONS', '/api/users/me')],
    [204, requestText('OPTIONS', '*')],
    [204, requestText('OPTIONS', '/api/users/me', preflight)],
    [204, requestText('OPTIONS', '/nonexistent', { ...preflight, Origin: 'https://evil.test' })],
    [400, requestText('GET', '/%zz')],
    [400, json('POST', '/api/users/change-password', change, bearer)],
    [401, requestText('GET', '/api/users/me')],
    [403, requestText('GET', '/api/admins/users', bearer)],
    [404, requestText('GET', '/docs/static/../../package.json')],
    [404, requestText('GET', '/nonexistent')],
    [404, requestText('GET', '/docs/static/nonexistent.js')],
    [405, requestText('DELETE', login)],
    [405, requestText('TRACE', '/health')],
    [409, json('POST', '/api/users/register', newRegistration({ username: user.username }))],
    [413, json('POST', login, 'x'.repeat(70_000))],
    [415, requestText('POST', login, { 'Content-Type': 'text/plain' }, 'x')],
    [415, json('POST', login, '{}', { 'Content-Encoding': 'gzip' })],
    [417, json('POST', login, '{}', { Expect: 'pigs that fly' })],
    [422, json('POST', login, {})],
    [422, json('POST', login, '{')],
  ];
  for (const [status, request] of answers)
    assertHeaders(await answerOf(service, request), apiPolicy, status);
});

test('J01 an answer to HEAD has all headers of the GET', async (t) => {
  const service = await createTestApp(t);
  for (const path of [
    '/',
    '/health',
    '/api/users/me',
    '/nonexistent',
    '/app/undo',
    '/app/assets/page.css',
  ]) {
    const [head, get] = [
      await answerOf(service, requestText('HEAD', path)),
      await answerOf(service, requestText('GET', path)),
    ];
    assert.equal(head.text, '');
    assert.equal(head.status, get.status === 404 || get.status === 401 ? get.status : 200, path);
    assertHeaders(head, String(get.headers['content-security-policy']), head.status);
  }
});

test('J01 pages, assets, 304 and redirects have the headers with the values for pages', async (t) => {
  const service = await createTestApp(t);
  const answers: [
    status: number,
    policy: string,
    path: string,
    headers?: Record<string, string>,
  ][] = [
    [302, pagePolicy, '/', { Accept: 'text/html' }],
    [200, pagePolicy, '/app/reset-password'],
    [200, pagePolicy, '/app/assets/page.css'],
    [200, pagePolicy, '/docs/'],
    [200, pagePolicy, '/docs/static/reference.css'],
    [200, pagePolicy, '/redoc'],
  ];
  for (const [status, policy, path, headers] of answers) {
    assertHeaders(await answerOf(service, requestText('GET', path, headers)), policy, status);
  }
  for (const [path, policy] of [
    ['/app/reset-password', pagePolicy],
    ['/app/assets/page.css', pagePolicy],
    ['/docs/static/reference.css', pagePolicy],
  ] as const) {
    const { headers } = await answerOf(service, requestText('GET', path));
    const again = requestText('GET', path, { 'If-None-Match': String(headers.etag) });
    assertHeaders(await answerOf(service, again), policy, 304);
  }
});

test('J01 parser errors and timeouts have the headers too', async (t) => {
  // A service of its own, whose limits are short enough for a test.
  const service = await createTestApp(t, { PROJECT_NAME: 'Impatient headers' });
  Object.assign(service.app.server, { headersTimeout: 100, requestTimeout: 100 });
  const refused: [status: number, request: Request][] = [
    [400, 'hello\r\n\r\n'],
    [400, 'GET / HTTP/1.1\r\n\r\n'],
    [400, requestText('CONNECT', 'example.com:443')],
    [431, requestText('GET', '/', { A: 'a'.repeat(65_536) })],
    [408, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: '],
  ];
  const answers = await Promise.all(refused.map(([, request]) => answerOf(service, request)));
  for (const [index, answer] of answers.entries())
    assertHeaders(answer, apiPolicy, refused[index]?.[0] ?? 0);
});

const broken: Record<string, [number, (t: TestContext, service: TestApp) => Promise<unknown>]> = {
  'an unexpected error': [500, (t, service) => raiseAtSignIn(t, service, '22012')],
  'a lost database': [503, (t, service) => raiseAtSignIn(t, service, '08006')],
  'a starting service': [503, async (_, { readiness }) => (readiness.phase = 'starting')],
};

for (const [what, [status, breakIt]] of Object.entries(broken)) {
  test(`J01 ${what}, ${status}, has the headers too`, async (t) => {
    const service = await createTestApp(t);
    const { username } = await signedInUser(service);
    await breakIt(t, service);
    const request = json('POST', login, { username, password: goodPassword });
    assertHeaders(await answerOf(service, request), apiPolicy, status);
  });
}

test('J01 a 429 from the rate limit has the headers too', async (t) => {
  const service = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '1' });
  const request = requestText('GET', '/');
  assertHeaders(await answerOf(service, request), apiPolicy, 200);
  assertHeaders(await answerOf(service, request), apiPolicy, 429);
});
