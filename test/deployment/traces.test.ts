import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { goodPassword, newRegistration } from '../factories.ts';
import { eventually } from '../faults/eventually.ts';
import { startDatabaseService, withoutPostgres } from '../faults/postgres-backed.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { type ReceivedSpan, startTraceReceiver } from './trace-receiver.ts';

const foreignTrace = '0af7651916cd43dd8448eb211c80319c';
const foreignSpan = 'b7ad6b7169203331';
const traceparent = `00-${foreignTrace}-${foreignSpan}-01`;

describe('traces', { skip: withoutPostgres }, () => {
  test('a registration is one trace: the request, its statements, the hash, the job and the mail', async (t) => {
    const { server, receiver, person } = await startTraced(t);
    const answer = await server.request('POST', '/api/users/register', { body: person });
    assert.equal(answer.status, 201);
    const spans = () => receiver.spans;
    await eventually(
      'the mail is sent',
      () => spans().some(({ name }) => name === 'smtp send'),
      20_000,
    );
    await eventually('the request is there', () => spans().some(({ kind }) => kind === 2));
    const request = spans().find(({ name }) => name === 'POST /api/users/register');
    assert.ok(request);
    assert.deepEqual(request.attributes, {
      'http.request.method': 'POST',
      'http.route': '/api/users/register',
      'http.response.status_code': 201,
      'adl.request_id': answer.headers['x-request-id'],
    });
    const ofTrace = spans().filter(({ traceId }) => traceId === request.traceId);
    const names = new Set(ofTrace.map(({ name }) => name));
    for (const name of [
      'INSERT users',
      'INSERT audit_events',
      'password hash wait',
      'password hash',
      'job mails',
      'smtp send',
    ])
      assert.ok(names.has(name), `${name} is not among ${[...names]}`);
    const children = new Set([request.spanId, ...ofTrace.map(({ spanId }) => spanId)]);
    assert.ok(ofTrace.every((span) => span === request || children.has(span.parentSpanId ?? '')));
    const hash = ofTrace.find(({ name }) => name === 'password hash');
    assert.ok(hash && hash.milliseconds > 0.5 && hash.milliseconds <= request.milliseconds + 1);
    assert.equal(request.service, 'accounts');
    // The lines of the log lead to the trace.
    assert.match(
      server.logs(),
      new RegExp(`"traceparent":"00-${request.traceId}-[0-9a-f]{16}-01"`),
    );
  });

  test('M01 no parameter, name, address, password or token is in a span', async (t) => {
    const { server, receiver, person } = await startTraced(t);
    await server.request('POST', '/api/users/register', { body: person });
    const login = await server.request<Record<string, string>>('POST', '/api/users/login', {
      body: { username: person.username, password: goodPassword },
    });
    await server.request('GET', `/api/users/me?token=of-a-query`, {
      token: login.body.access_token ?? '',
    });
    await server.request('GET', `/nobody/${person.username}`);
    const routes = () => receiver.spans.filter(({ kind }) => kind === 2).map(({ name }) => name);
    await eventually('all are sent', () => routes().length === 4, 20_000);
    assert.deepEqual(routes().toSorted(), [
      'GET',
      'GET /api/users/me',
      'POST /api/users/login',
      'POST /api/users/register',
    ]);
    const sent = receiver.bodies.join();
    const { SECRET_KEY = '', DATABASE_URL = '' } = server.env;
    const { username, email, password } = person;
    const secrets = [
      ...Object.values(login.body)
        .map(String)
        .filter((value) => value.length > 20),
      SECRET_KEY,
      new URL(DATABASE_URL).password,
    ];
    for (const word of [username, email, password, 'of-a-query', '127.0.0.1', ...secrets])
      assert.ok(!sent.includes(word), word);
    assert.equal(receiver.headers[0]?.['x-api-key'], 'of-the-receiver');
    assert.ok(!server.logs().includes('of-the-receiver'));
  });

  test('a stranger continues no trace and forces no recording; who may does both', async (t) => {
    const strangers = await startTraced(t);
    const headers = { traceparent };
    await strangers.server.request('GET', '/', { headers });
    await eventually('it is sent', () => strangers.receiver.spans.length > 0);
    const [span] = strangers.receiver.spans;
    assert.notEqual(span?.traceId, foreignTrace);
    assert.deepEqual(
      span?.links?.map(({ traceId, spanId }) => [traceId, spanId]),
      [[foreignTrace, foreignSpan]],
    );

    const unrecorded = await startTraced(t, { OTEL_TRACES_SAMPLER_ARG: '0' });
    for (let count = 0; count < 20; count += 1)
      await unrecorded.server.request('GET', '/', { headers });
    await sleep(2500);
    assert.deepEqual(unrecorded.receiver.spans, []);

    const env = { OTEL_TRACES_SAMPLER_ARG: '0', TRACEPARENT_ALLOW: '127.0.0.1/32' };
    const trusted = await startTraced(t, env);
    await trusted.server.request('GET', '/', { headers });
    await trusted.server.request('GET', '/', {
      headers: { traceparent: traceparent.replace(/1$/, '0') },
    });
    await eventually('it is sent', () => trusted.receiver.spans.length > 0);
    await sleep(1500);
    const continued = trusted.receiver.spans.map((one: ReceivedSpan) => [
      one.traceId,
      one.parentSpanId,
    ]);
    assert.deepEqual(continued, [[foreignTrace, foreignSpan]]);
  });

  test('a receiver that is away costs spans and one line; nothing waits for it', async (t) => {
    const { server, receiver } = await startTraced(t);
    await server.request('GET', '/');
    await eventually('one is sent', () => receiver.spans.length > 0);
    receiver.stop();
    const times: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => server.request('GET', '/')),
      );
      for (const { status, ms } of answers) {
        assert.equal(status, 200);
        times.push(ms);
      }
      await sleep(200);
    }
    await eventually(
      'it is told',
      () => /traces: the receiver does not take spans/.test(server.logs()),
      30_000,
    );
    const lines = server.logs().match(/"msg":"traces: /g) ?? [];
    assert.equal(lines.length, 1, server.logs().slice(-2000));
    assert.ok((times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0) < 200);
    await receiver.start();
    const before = receiver.spans.length;
    await eventually(
      'spans arrive again',
      async () => {
        await server.request('GET', '/');
        return receiver.spans.length > before;
      },
      30_000,
    );
    receiver.stop();
    const began = performance.now();
    assert.deepEqual(await server.terminate(), { code: 0, signal: null });
    assert.ok(performance.now() - began < 25_000);
  });
});

async function startTraced(t: TestContext, env: Record<string, string> = {}) {
  const receiver = await startTraceReceiver(t);
  const sink = await startSmtpSink(t);
  const { server } = await startDatabaseService(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=of-the-receiver',
    OTEL_SERVICE_NAME: 'accounts',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(sink.port),
    SMTP_SECURITY: 'none',
    SMTP_FROM_EMAIL: 'accounts@example.com',
    LOG_FORMAT: 'json',
    ...env,
  });
  return { server, receiver, person: newRegistration() };
}
