import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { createLogger } from './logger.ts';

type Line = Record<string, unknown>;

function linesOf(text: string): Line[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

test('the pretty format writes exactly three lines for a failed request', async (t) => {
  const { api, logs } = await createTestApp(t, { LOG_FORMAT: 'pretty' });
  const answer = await api.get('/nonexistent?token=secret');
  const id = answer.body.request_id.slice(0, 8);
  const lines = logs().trimEnd().split('\n');
  for (const line of lines) assert.match(line.slice(0, 19), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.deepEqual(
    lines.map((line) => line.slice(19)),
    [
      ` - INFO - [${id}] Incoming request: GET /nonexistent`,
      ` - INFO - [${id}] 404 Not Found: /nonexistent`,
      ` - INFO - [${id}] Request completed: GET /nonexistent - Status: 404`,
    ],
  );
});

test('the pretty format writes error and stack below the line, but no other fields', () => {
  let text = '';
  const logger = createLogger(
    { logLevel: 'info', logFormat: 'pretty' },
    { write: (line) => (text += line) },
  );
  logger.error({ err: new TypeError('x is not y'), password: 'hunter2' }, 'It broke');
  const [first = '', second, third] = text.split('\n');
  assert.match(first, / - ERROR - It broke$/);
  assert.equal(second, '    TypeError: x is not y');
  assert.match(third ?? '', /^ +at .*log-lines\.test\.ts/);
  assert.doesNotMatch(text, /hunter2/);
});

test('the JSON format is one object per line; a completed request has all its fields', async (t) => {
  const { api, logs } = await createTestApp(t);
  const answer = await api.get('/nonexistent?token=secret', { remoteAddress: '203.0.113.9' });
  const lines = linesOf(logs());
  assert.deepEqual(
    lines.map(({ level, msg, request_id: id }) => ({ level, msg, id })),
    [
      { level: 'info', msg: 'Incoming request: GET /nonexistent', id: answer.body.request_id },
      { level: 'info', msg: '404 Not Found: /nonexistent', id: answer.body.request_id },
      {
        level: 'info',
        msg: 'Request completed: GET /nonexistent - Status: 404',
        id: answer.body.request_id,
      },
    ],
  );
  for (const { time } of lines)
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const { time: _time, duration_ms: duration, ...completed } = lines[2] ?? {};
  assert.deepEqual(completed, {
    level: 'info',
    msg: 'Request completed: GET /nonexistent - Status: 404',
    request_id: answer.body.request_id,
    method: 'GET',
    path: '/nonexistent',
    status: 404,
    client: '203.0.113.9',
    pid: process.pid,
  });
  assert.ok(typeof duration === 'number' && duration >= 0 && duration < 10_000);
});

const production = {
  ENVIRONMENT: 'production',
  PUBLIC_URL: 'https://accounts.example.com',
  DATABASE_URL: 'embedded',
  BCRYPT_ROUNDS: '10',
};

test('production writes one line for a request, and none for a probe unless asked', async (t) => {
  const { api, logs } = await createTestApp(t, production);
  for (const path of ['/health', '/health/live', '/health/ready', '/metrics']) await api.get(path);
  assert.equal(logs(), '');
  const answer = await api.get('/nonexistent?token=secret', { remoteAddress: '203.0.113.9' });
  const bad = await api.get('/%zz');
  const [line, badLine, ...more] = linesOf(logs());
  assert.deepEqual(more, []);
  const shown = [line?.msg, line?.request_id, line?.status, line?.client, line?.pid];
  const completed = 'Request completed: GET /nonexistent - Status: 404';
  assert.deepEqual(shown, [completed, answer.body.request_id, 404, '203.0.113.9', process.pid]);
  assert.deepEqual(
    [badLine?.msg, badLine?.request_id],
    ['400 Bad Request: /%zz', bad.body.request_id],
  );
});

test('production with LOG_LEVEL=debug writes all lines, of probes too', async (t) => {
  const { api, logs } = await createTestApp(t, { ...production, LOG_LEVEL: 'debug' });
  await api.get('/health/live');
  const messages = linesOf(logs()).map(({ msg }) => String(msg).slice(0, 17));
  const ofRequests = messages.filter((message) => message.includes('equest'));
  assert.deepEqual(ofRequests, ['Incoming request:', 'Request completed']);
});

test('concurrent requests keep their own ids in every line', async (t) => {
  const test = await createTestApp(t);
  const user = await signedInUser(test);
  const before = test.logs().length;
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0
        ? test.api.get('/api/users/me', { token: user.accessToken })
        : test.api.post('/api/users/login', { username: user.username, password: user.password }),
    ),
  );
  const lines = linesOf(test.logs().slice(before));
  for (const { headers, status } of answers) {
    const own = lines.filter((line) => line.request_id === headers['x-request-id']);
    assert.equal(own.at(-1)?.status, status);
  }
  // A sign-in is a security event too.
  assert.equal(lines.filter(({ event }) => event === 'sign_in').length, 5);
  assert.equal(lines.length, 25);
  for (const { request_id: id } of lines)
    assert.ok(answers.some(({ headers }) => headers['x-request-id'] === id));
});

test('a valid traceparent is added to the log lines of its request', async (t) => {
  const { api, logs } = await createTestApp(t);
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await api.get('/nonexistent', { headers: { traceparent } });
  assert.equal(linesOf(logs())[0]?.traceparent, traceparent);
  for (const odd of [
    '00-x',
    `${traceparent}-00`,
    traceparent.toUpperCase(),
    '<script>',
    'a'.repeat(9000),
  ]) {
    const before = logs().length;
    await api.get('/nonexistent', { headers: { traceparent: odd } });
    assert.doesNotMatch(logs().slice(before), /traceparent/);
  }
});

test('M03 a log line stays one line, whatever the request contains', async (t) => {
  for (const format of ['json', 'pretty']) {
    const { app, logs } = await createTestApp(t, { LOG_FORMAT: format });
    const path = `/x%0a{"level":"error"}%1b[31m\u2028`;
    await app.inject({
      url: encodeURI(path),
      headers: { 'user-agent': 'x\\n{"level":"error"}', referer: '\u001b[31m' },
    });
    assert.equal(
      logs()
        .trimEnd()
        .split(/[\n\r\u2028\u2029]/).length,
      3,
    );
    assert.equal(logs().includes('\u001b'), false);
  }
});

test('M03 no header or field of a client can forge a log line or its level', async (t) => {
  const forged = '{"level":"error","msg":"forged"}';
  const breaks = ['\n', '\r\n', '\r', '\u2028', '\u2029', '\u0085', '\u001b[31m', '\u0000'];
  for (const LOG_FORMAT of ['json', 'pretty']) {
    const test = await createTestApp(t, {
      LOG_FORMAT,
      LOG_LEVEL: 'debug',
      TRUSTED_PROXIES: '127.0.0.0/8',
    });
    const before = test.logs().length;
    const names = [
      'user-agent',
      'x-request-id',
      'traceparent',
      'x-forwarded-for',
      'referer',
      'idempotency-key',
    ];
    let requests = 0;
    for (const lineBreak of breaks) {
      const text = `x${lineBreak}${forged}`;
      const headers = Object.fromEntries(names.map((name) => [name, text]));
      const body = {
        username: text,
        email: text,
        password: text,
        full_name: text,
        refresh_token: text,
      };
      for (const path of [
        '/api/users/login',
        '/api/users/register',
        '/api/users/refresh',
        `/${encodeURIComponent(text)}`,
      ]) {
        await test.api.post(path, body, { headers });
        requests += 1;
      }
    }
    const lines = test.logs().slice(before).trimEnd().split('\n');
    assert.ok(lines.length >= 2 * requests);
    for (const line of lines) {
      assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}]/u);
      if (LOG_FORMAT === 'json')
        assert.match(String((JSON.parse(line) as Line).level), /^(debug|info)$/);
      else assert.match(line, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - (DEBUG|INFO) - /);
    }
  }
});

test('LOG_LEVEL=error omits ordinary requests', async (t) => {
  const { api, logs } = await createTestApp(t, { LOG_LEVEL: 'error' });
  await api.get('/nonexistent');
  assert.equal(logs(), '');
});
