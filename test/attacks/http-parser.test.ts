import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { exchange, portOf, requestText } from '../raw-http.ts';
import { assertSoundAnswer } from '../sound-answer.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Input that Node's parser refuses: it reaches no route, but still gets the common error shape. */
const refusedByParser: [what: string, request: string | Buffer, status: number][] = [
  ['not HTTP', 'hello\r\n\r\n', 400],
  ['a TLS ClientHello', Buffer.from('16030100c5010000c10303', 'hex'), 400],
  ['an unknown method', requestText('FOO', '/'), 400],
  ['an invalid version', 'GET / HTTP/1.9\r\nHost: localhost\r\n\r\n', 400],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  [
    'a non-ASCII byte in the path',
    Buffer.from('GET /a\x9b[31m HTTP/1.1\r\nHost: a\r\n\r\n', 'latin1'),
    400,
  ],
  ['a negative length', requestText('POST', '/api/users/login', { 'Content-Length': '-1' }), 400],
  [
    'an endless length',
    requestText('POST', '/api/users/login', { 'Content-Length': '9'.repeat(25) }),
    400,
  ],
  [
    'both Content-Length and Transfer-Encoding',
    chunked('0\r\n\r\n', { 'Content-Length': '2' }),
    400,
  ],
  ['a folded header (obs-fold)', 'GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: a\r\n b\r\n\r\n', 400],
  ['CONNECT', requestText('CONNECT', 'example.com:443'), 400],
  ['I06 a header of 64 kB', requestText('GET', '/', { A: 'a'.repeat(65_536) }), 431],
  ['I06 2,000 headers', `GET / HTTP/1.1\r\nHost: a\r\n${'Name: value\r\n'.repeat(2000)}\r\n`, 431],
  ['I06 a URL of 100 kB', requestText('GET', `/${'a'.repeat(100_000)}`), 431],
  ['I06 a cookie of 16 kB', requestText('GET', '/', { Cookie: `a=${'a'.repeat(16_384)}` }), 431],
  ['an endless chunk extension', chunked(`2;${'a'.repeat(30_000)}\r\n{}\r\n0\r\n\r\n`), 413],
];

test('parser errors have the common shape, the eight headers and a logged request id', async (t) => {
  const { app, logs } = await createTestApp(t);
  for (const [what, request, status] of refusedByParser) {
    const { answers, closedByServer } = await exchange(app, request);
    assert.deepEqual([answers.length, closedByServer], [1, true], what);
    assertSoundAnswer(only(answers), { method: 'GET', path: '' });
    assert.equal(answers[0]?.status, status, what);
    assert.equal(answers[0]?.headers['cache-control'], 'no-store');
    assert.ok(logs().includes(String(answers[0]?.headers['x-request-id'])), what);
  }
});

test('a request whose head or body arrives too late is answered 408', async (t) => {
  // A service of its own, whose limits are short enough for a test.
  const { app, logs } = await createTestApp(t, { PROJECT_NAME: 'Impatient' });
  Object.assign(app.server, { headersTimeout: 100, requestTimeout: 100 });
  const late = [
    'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ',
    requestText('POST', '/api/users/login', {
      'Content-Type': 'application/json',
      'Content-Length': '500',
    }),
  ];
  for (const { answers, closedByServer } of await Promise.all(
    late.map((part) => exchange(app, part)),
  )) {
    assert.equal(closedByServer, true);
    assertSoundAnswer(only(answers), { method: 'POST', path: '' });
    assert.equal(answers[0]?.body.error, 'RequestTimeoutError');
    assert.ok(logs().includes(String(answers[0]?.headers['x-request-id'])));
  }
});

test('I07 an invalid request line or Host is refused, never a 500', async (t) => {
  const test = await createTestApp(t);
  const cases: [request: string, status: number][] = [
    ['GET / HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['GET / HTTP/2.0\r\nHost: a\r\n\r\n', 400],
    ['GET / HTTP/0.9\r\nHost: a\r\n\r\n', 400],
    ['GET / HTTP/1.0\r\n\r\n', 200],
    [requestText('GET', '*'), 400],
    [requestText('OPTIONS', '*'), 204],
    [requestText('GET', 'http://other.example/health/live'), 200],
    [requestText('GET', 'http://other.example/nothing'), 404],
    [requestText('GET', '/a%00b'), 404],
    [requestText('GET', '/a%ffb'), 400],
    [requestText('GET', '/%c0%ae%c0%ae/etc/passwd'), 400],
    [requestText('GET', '/%zz'), 400],
    [requestText('GET', '/%'), 400],
    [requestText('DELETE', `/api/users/me/sessions/${'a'.repeat(300)}`), 404],
    [requestText('DELETE', '/api/users/me/sessions/%ff'), 400],
    [requestText('GET', '/docs/static/../../package.json'), 404],
    [requestText('GET', '/docs/static/..%2f..%2f..%2fpackage.json'), 404],
    [requestText('GET', '/docs/static/a%00.js'), 404],
    [requestText('GET', '/docs/static/nothing.js'), 404],
  ];
  for (const [request, status] of cases) await assertAnswered(test, request, status);
});

test('I19 no upgrade or tunnel is accepted; an unsupported Expect is 417', async (t) => {
  const test = await createTestApp(t);
  const websocket = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZQ==',
  };
  const h2c = {
    Upgrade: 'h2c',
    Connection: 'Upgrade, HTTP2-Settings',
    'HTTP2-Settings': 'AAMAAABkAAQA',
  };
  await assertAnswered(test, requestText('GET', '/health/live', websocket), 200);
  await assertAnswered(test, requestText('GET', '/health/live', h2c), 200);
  await assertAnswered(test, requestText('GET', '/health/live', { Connection: 'close, X' }), 200);
  const json = { 'Content-Type': 'application/json' };
  const login = (expect: string) =>
    requestText('POST', '/api/users/login?x=1', { ...json, Expect: expect }, '{}');
  await assertAnswered(test, login('100-continue'), 422);
  await assertAnswered(test, login('pigs that fly'), 417);
  await assertAnswered(test, login('100-continue, pigs that fly'), 417);
});

test('garbage after a request never corrupts the answer to it', async (t) => {
  const { app } = await createTestApp(t);
  const asset = requestText('GET', '/docs');
  const whole = only((await exchange(app, asset, { answers: 1 })).answers);
  assertStatus(whole, 200);
  const socket = connect(await portOf(app), '127.0.0.1');
  socket.write(asset.repeat(60));
  const [begin] = (await once(socket, 'data')) as [Buffer];
  socket.write('GARBAGE\r\n\r\n');
  const rest = await buffer(socket);
  const answers = Buffer.concat([begin, rest])
    .toString()
    .split(/(?=HTTP\/1\.1 \d\d\d )/);
  const bodies = answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4));
  // The last answer may be cut where the connection was closed.
  for (const body of bodies) assert.ok(whole.text.startsWith(body), body.slice(-500));
  assert.ok(bodies.length < 60, 'garbage inside the answer');
});

test('a connection carries 1,000 requests; what is pipelined after them is dropped', async (t) => {
  const test = await createTestApp(t);
  const { username, password } = { username: 'latecomer', password: 'violet harbour anvil 93' };
  const registration = JSON.stringify({ username, password, email: 'late@example.com' });
  const late = requestText(
    'POST',
    '/api/users/register',
    { 'Content-Type': 'application/json' },
    registration,
  );
  const { answers, closedByServer } = await exchange(test.app, [
    requestText('GET', '/health/live').repeat(1000) + late,
  ]);
  assert.deepEqual([answers.length, closedByServer], [1000, true]);
  assert.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 1000);
  assert.deepEqual(
    answers.map(({ status, headers }) => `${status} ${headers.connection}`).slice(-2),
    ['200 keep-alive', '200 close'],
  );
  assertStatus(await test.api.post('/api/users/login', { username, password }), 401);
});

async function assertAnswered(test: TestApp, request: string, status: number): Promise<void> {
  const { answers } = await exchange(test.app, request, { answers: 1 });
  const answer = only(answers);
  const [method = '', target = ''] = request.split(' ');
  assert.equal(answer.status, status, request.slice(0, 100));
  assertSoundAnswer(answer, { method, path: target });
  assert.ok(test.logs().includes(String(answer.headers['x-request-id'])));
}

function only(answers: Answer[]): Answer {
  const [answer] = answers;
  assert.ok(
    answer !== undefined && answers.length === 1,
    `${answers.length} answers instead of one`,
  );
  return answer;
}

function chunked(body: string, headers: Record<string, string> = {}): string {
  const all = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked', ...headers };
  return requestText('POST', '/api/users/login', all) + body;
}
