import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { realms } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { cpuMilliseconds } from '../cpu-time.ts';
import { signedInUser } from '../factories.ts';
import { exchange, requestText } from '../raw-http.ts';
import { assertSoundAnswer } from '../sound-answer.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const limit = 64 * 1024;
const login = '/api/users/login';

const brokenBodies: [what: string, body: string | Buffer][] = [
  ['empty', ''],
  ['null', 'null'],
  ['an array', '[]'],
  ['a string', '"x"'],
  ['a number', '123'],
  ['truncated', '{"username":"ada","passwo'],
  ['a byte order mark', '\uFEFF{"username":"ada","password":"x"}'],
  ['NaN', '{"username":NaN,"password":"x"}'],
  ['a trailing comma', '{"username":"ada","password":"x",}'],
  ['two documents', '{"username":"ada","password":"x"}{}'],
  ['single quotes', "{'username':'ada'}"],
  ['a comment', '{"username":"ada"/* */,"password":"x"}'],
  ['a form', 'username=ada&password=x'],
  ['UTF-16', Buffer.from('{"username":"ada","password":"x"}', 'utf16le')],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
];

test('I01 a malformed body is a 422 that says so, in both realms', async (t) => {
  const test = await createTestApp(t);
  for (const { path } of realms) {
    for (const route of ['register', 'login', 'refresh', 'logout']) {
      for (const [what, body] of brokenBodies) {
        const answer = await post(test, `${path}/${route}`, body);
        assert.equal(answer.status, 422, `${what}: ${answer.text}`);
      }
    }
  }
  const { accessToken } = await signedInUser(test);
  for (const [what, body] of brokenBodies) {
    const authorization = { Authorization: `Bearer ${accessToken}` };
    const answer = await post(test, '/api/users/change-password', body, authorization);
    assert.equal(answer.status, 422, `${what}: ${answer.text}`);
  }
});

test('I03 a JSON bomb within the size limit is refused in less than 50 ms', async (t) => {
  const test = await createTestApp(t);
  const keys = (name: (index: number) => string) =>
    Array.from({ length: 5000 }, (_, index) => `"${name(index)}":1`).join(',');
  const bombs: [what: string, body: string][] = [
    ['deep arrays', '['.repeat(60_000) + ']'.repeat(5000)],
    [
      'deep arrays in a field',
      `{"username":"ada","password":${'['.repeat(32_000)}${']'.repeat(32_000)}}`,
    ],
    ['deep objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['many keys', `{${keys((index) => `k${index}`)}}`],
    ['array indexes as keys', `{${keys((index) => String(index * 7919))}}`],
    ['one key repeated', `{${keys(() => 'username')}}`],
    ['a number of 60 kB', `{"username":"ada","password":${'9'.repeat(60_000)}}`],
    ['a decimal of 60 kB', `{"username":"ada","password":0.${'9'.repeat(60_000)}e-999}`],
    ['escapes', `{"username":"ada","password":["${String.raw`\u0041`.repeat(10_000)}"]}`],
  ];
  for (const [what, body] of bombs) {
    assert.ok(body.length <= limit);
    const tries: number[] = [];
    for (let round = 0; round < 3; round++) {
      const started = cpuMilliseconds();
      const answer = await post(test, login, body);
      tries.push(cpuMilliseconds() - started);
      assert.equal(answer.status, 422, what);
    }
    assert.ok(Math.min(...tries) < 50, `${what}: ${tries.join(', ')} ms`);
  }
  for (const body of ['['.repeat(100_000), `{${'"k":1,'.repeat(50_000)}"k":1}`]) {
    assert.equal((await post(test, login, body)).status, 413);
  }
});

test('I04 a body of 64 KiB is read; one byte more is 413 and closes the connection', async (t) => {
  const test = await createTestApp(t);
  const user = await signedInUser(test);
  const credentials = JSON.stringify({ username: user.username, password: user.password });
  assertStatus(await post(test, login, credentials.padEnd(limit)), 200);
  for (const announced of [true, false]) {
    const { answers, closedByServer } = await exchange(
      test.app,
      announced
        ? jsonRequest(login, credentials.padEnd(limit + 1))
        : chunks(credentials.padEnd(limit + 1)),
    );
    assert.deepEqual([answers.length, closedByServer], [1, true]);
    assertSound(answers[0], 413);
  }
});

test('I04 a wrong Content-Length is refused, and the rest is not a second request', async (t) => {
  const test = await createTestApp(t);
  const head = { 'Content-Type': 'application/json' };
  const tooLong = requestText('POST', login, { ...head, 'Content-Length': '99999999999' });
  const { answers, closedByServer } = await exchange(test.app, tooLong);
  assert.equal(closedByServer, true);
  assertSound(answers[0], 413);

  const tooShort = requestText(
    'POST',
    login,
    { ...head, 'Content-Length': '2' },
    '{}{"username":"ada"}',
  );
  const short = await exchange(test.app, tooShort);
  assert.equal(short.closedByServer, true);
  assert.equal(short.answers.at(-1)?.status, 400);
  assert.ok(short.answers.length <= 2);

  const unfinished = requestText('POST', login, { ...head, 'Content-Length': '20' }, '{}');
  const ended = await exchange(test.app, unfinished, { endAfterSending: true });
  assert.deepEqual(
    ended.answers.map(({ status }) => status),
    [400],
  );
});

test('I04 an endless body is cut off at the limit and costs no memory', async (t) => {
  const { app } = await createTestApp(t);
  const endless = [chunkedHead, ...Array<string>(2000).fill(`8000\r\n${'a'.repeat(0x8000)}\r\n`)];
  const before = process.memoryUsage().rss;
  const { answers, closedByServer, bytesSent } = await exchange(app, endless);
  assert.equal(closedByServer, true);
  assertSound(answers[0], 413);
  // Only the socket buffers of both ends can be in transit.
  assert.ok(bytesSent < 16_000_000, `${bytesSent} bytes were accepted`);
  assert.ok(process.memoryUsage().rss - before < 50_000_000);
});

test('I05 a compressed body is 415 and never unpacked', async (t) => {
  const test = await createTestApp(t);
  const user = await signedInUser(test);
  const credentials = JSON.stringify({ username: user.username, password: user.password });
  for (const [coding, body] of [
    ['gzip', gzipSync(credentials)],
    ['GZIP', gzipSync(credentials)],
    ['x-gzip', gzipSync(credentials)],
    ['deflate', deflateSync(credentials)],
    ['br', brotliCompressSync(credentials)],
    ['gzip, gzip', gzipSync(gzipSync(credentials))],
    ['identity, gzip', gzipSync(credentials)],
    // A coding that is named but not applied is refused too, since the intent is ambiguous.
    ['gzip', Buffer.from(credentials)],
  ] as const) {
    const answer = await post(test, login, body, { 'Content-Encoding': coding });
    assert.equal(answer.status, 415, coding);
    assert.equal(answer.headers['accept-encoding'], 'identity');
  }
  assertStatus(await post(test, login, credentials, { 'Content-Encoding': 'identity' }), 200);

  const bomb = gzipSync(Buffer.alloc(50_000_000));
  assert.ok(bomb.length < limit);
  const before = process.memoryUsage().rss;
  assertStatus(await post(test, login, bomb, { 'Content-Encoding': 'gzip' }), 415);
  assert.ok(process.memoryUsage().rss - before < 25_000_000);
});

test('a body of a type other than JSON is 415', async (t) => {
  const test = await createTestApp(t);
  for (const type of [
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json-patch+json',
    'application/jsonp',
    'a/b, application/json',
    'x',
  ]) {
    assertStatus(
      await post(test, login, '{"username":"ada","password":"x"}', { 'Content-Type': type }),
      415,
    );
  }
});

async function post(
  test: TestApp,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { answers } = await exchange(test.app, jsonRequest(path, body, headers), { answers: 1 });
  const [answer] = answers;
  assert.ok(answer);
  assertSoundAnswer(answer, { method: 'POST', path });
  return answer;
}

function jsonRequest(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Buffer {
  const type = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
  };
  return Buffer.concat([
    Buffer.from(requestText('POST', path, { ...type, ...headers })),
    Buffer.isBuffer(body) ? body : Buffer.from(body),
  ]);
}

const chunkedHead = requestText('POST', login, {
  'Content-Type': 'application/json',
  'Transfer-Encoding': 'chunked',
});

function chunks(body: string): string[] {
  const pieces = body.match(/.{1,16384}/gs) ?? [];
  return [
    chunkedHead,
    ...pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`),
    '0\r\n\r\n',
  ];
}

function assertSound(answer: Answer | undefined, status: number): void {
  assert.ok(answer);
  assertSoundAnswer(answer, { method: 'POST', path: login });
  assertStatus(answer, status);
}
