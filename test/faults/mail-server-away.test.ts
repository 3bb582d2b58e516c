import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { newRegistration } from '../factories.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { eventually } from './eventually.ts';
import { startUnlimited } from './postgres-backed.ts';
import type { ServerProcess } from './server-process.ts';

describe('the mail server is unavailable or slow', { concurrency: 4 }, () => {
  test('FI-15 no mail server: requests work as usual, each mail arrives later, once', async (t) => {
    const sink = await startSmtpSink(t);
    const { server, emails } = await startWithPeople(t, sink.port, 5);
    await eventually('all verifications are there', () => sink.mails.length === emails.length);
    await sink.close();
    for (const email of emails) await assertForgotIsQuick(server, email);
    await eventually('an attempt failed', () => /connection refused/.test(server.logs()));
    await sink.reopen();
    await eventually('all resets are there', () => sink.mails.length === 2 * emails.length, 40_000);
    const resets = sink.mails.slice(emails.length).flatMap(({ recipients }) => recipients);
    assert.deepEqual(resets.toSorted(), emails.toSorted());
    assert.equal((await server.request('GET', '/health/ready')).status, 200);
  });

  test('FI-16 a stalling server delays no other mail or request; attempts end in 30 s', async (t) => {
    const sink = await startSmtpSink(t);
    const stalled = newRegistration();
    sink.script.message = ({ recipients }) => (recipients[0] === stalled.email ? 'stall' : null);
    const { server } = await startWithPeople(t, sink.port, 0);
    assert.equal(
      (await server.request('POST', '/api/users/register', { body: stalled })).status,
      201,
    );
    await eventually('it hangs', () => sink.attempts.has(stalled.email));
    const begun = performance.now();
    const others = Array.from({ length: 20 }, () => newRegistration());
    for (const body of others)
      assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
    await eventually(
      'the other mails have arrived',
      () => sink.mails.length === others.length,
      8000,
    );
    for (let count = 0; count < 50; count += 1) {
      const asked = performance.now();
      assert.equal((await server.request('GET', '/health')).status, 200);
      assert.ok(performance.now() - asked < 250);
    }
    await eventually(
      'the attempt has ended',
      () => /"reason":"timeout"/.test(server.logs()),
      35_000,
    );
    assert.ok(performance.now() - begun < 33_000);
  });

  test('FI-16 a server that accepts connections but never greets delays no request', async (t) => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    t.after(() => silent.close());
    const { port } = silent.address() as { port: number };
    const { server, emails } = await startWithPeople(t, port, 12);
    for (const email of emails) await assertForgotIsQuick(server, email);
    await eventually(
      'attempts end',
      () => (server.logs().match(/"reason":"timeout"/g) ?? []).length >= 8,
      20_000,
    );
    assert.equal((await server.request('GET', '/health/ready')).status, 200);
  });

  test('FI-39 an unknown mail host is a warning at start and delays no request', async (t) => {
    const server = await startUnlimited(t, smtpEnvironment(25, 'mail.no-such-host.invalid'));
    assert.match(server.logs(), /smtp: failed - not reachable/);
    const body = newRegistration();
    assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
    await assertForgotIsQuick(server, body.email);
    await eventually(
      'the warning is logged',
      () => /Mail not sent yet/.test(server.logs()),
      15_000,
    );
    assert.ok(!server.logs().includes('no-such-host'));
    assert.equal((await server.request('GET', '/health')).status, 200);
  });
});

function smtpEnvironment(port: number, host = '127.0.0.1'): Record<string, string> {
  const address = { SMTP_HOST: host, SMTP_PORT: String(port), SMTP_FROM_EMAIL: 'adl@service.test' };
  return { ...address, SMTP_SECURITY: host === '127.0.0.1' ? 'none' : 'starttls' };
}

async function startWithPeople(t: TestContext, port: number, count: number) {
  const server = await startUnlimited(t, smtpEnvironment(port));
  const people = Array.from({ length: count }, () => newRegistration());
  for (const body of people)
    assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  return { server, emails: people.map(({ email }) => email) };
}

async function assertForgotIsQuick(server: ServerProcess, email: string): Promise<void> {
  const asked = performance.now();
  assert.equal(
    (await server.request('POST', '/api/password/forgot-password', { body: { email } })).status,
    200,
  );
  const milliseconds = performance.now() - asked;
  assert.ok(milliseconds < 500, `${milliseconds} ms`);
}
