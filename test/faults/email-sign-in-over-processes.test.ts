import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { eventually } from './eventually.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const patient = { readyTimeoutMs: 120_000 };

/** Two processes on one PostgreSQL, and a mail server. */
async function startTwo(t: TestContext) {
  const sink = await startSmtpSink(t);
  const mail = {
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(sink.port),
    SMTP_SECURITY: 'none',
    SMTP_FROM_EMAIL: 'accounts@example.com',
  };
  const env = { ...mail, EMAIL_SIGN_IN: 'true', TRUSTED_PROXIES: '127.0.0.0/8' };
  const { server: one } = await startDatabaseService(t, env, undefined, patient);
  const other = { ...one.env, PORT: String(await findFreePort()) };
  const two = await startServer(t, { env: other, ...patient });

  /** Asks one process, and reads the mail that some process sends. */
  const ask = async (email: string) => {
    const before = sink.mails.length;
    const asked = await one.request('POST', '/api/users/login/email', { body: { email } });
    assert.equal(asked.status, 200);
    const find = () =>
      sink.mails.slice(before).find(({ parsed }) => parsed.subject?.startsWith('Sign in –'));
    await eventually('the mail', () => find() !== undefined, 60_000);
    const text = find()?.parsed.text ?? '';
    const [, high = '', low = ''] = /Code: (\d{4}) (\d{4})/.exec(text) ?? [];
    const [, token = ''] = /#token=([\w-]+)/.exec(text) ?? [];
    return { email, code: high + low, token, request_id: asked.body.request_id };
  };
  return { servers: [one, two] as const, ask };
}

/** Each from a network of its own. */
async function confirm(server: ServerProcess, body: object, index: number): Promise<number> {
  const headers = { 'x-forwarded-for': `198.51.${index}.7` };
  const path = '/api/users/login/email/confirm';
  return (await server.request('POST', path, { body, headers })).status;
}

function wrong(code: string, step: number): string {
  return String((Number(code) + step) % 10 ** 8).padStart(8, '0');
}

describe('sign-in by e-mail over two processes', { skip: withoutPostgres }, () => {
  test('Q07 CVE-2026-9802: five codes are tried over both, also after a kill -9', async (t) => {
    const { servers, ask } = await startTwo(t);
    const [one, two] = servers;
    const person = newRegistration();
    await one.request('POST', '/api/users/register', { body: person });
    const { token: _, ...mail } = await ask(person.email);
    for (let step = 1; step <= 5; step += 1) {
      const body = { ...mail, code: wrong(mail.code, step) };
      assert.equal(await confirm(step % 2 ? one : two, body, step), 401);
    }
    assert.equal(await confirm(two, mail, 6), 401);
    await one.kill9();
    const again = await startServer(t, { env: one.env, ...patient });
    for (const server of [again, two]) assert.equal(await confirm(server, mail, 7), 401);
  });

  test('Q07 CVE-2026-1035: of forty uses at once over both, one opens a session', async (t) => {
    const { servers, ask } = await startTwo(t);
    const [one, two] = servers;
    const person = newRegistration();
    await one.request('POST', '/api/users/register', { body: person });
    const { token, ...byCode } = await ask(person.email);
    const statuses = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        confirm(index % 2 ? one : two, index % 8 ? { token } : byCode, index),
      ),
    );
    assert.equal(statuses.filter((status) => status === 200).length, 1);
    assert.equal(statuses.filter((status) => status === 401).length, 39);
    await two.kill9();
    const again = await startServer(t, { env: two.env, ...patient });
    assert.equal(await confirm(again, { token }, 50), 401);
    assert.equal(await confirm(one, byCode, 51), 401);
  });
});
