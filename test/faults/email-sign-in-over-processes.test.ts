import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { credentialsOf, newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { eventually } from './eventually.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const patient = { readyTimeoutMs: 120_000 };
const setupToken = 'the setup token of two processes, long enough';

/** Two processes on one PostgreSQL, and a mail server. */
async function startTwo(t: TestContext) {
  const sink = await startSmtpSink(t);
  const mail = {
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(sink.port),
    SMTP_SECURITY: 'none',
    SMTP_FROM_EMAIL: 'accounts@example.com',
  };
  const env = {
    ...mail,
    EMAIL_SIGN_IN: 'true',
    TRUSTED_PROXIES: '127.0.0.0/8',
    ADMIN_SETUP_TOKEN: setupToken,
  };
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
  /** Invites at one process, and reads the token of the mail. */
  const invite = async (email: string) => {
    const admin = newRegistration();
    const headers = { 'x-setup-token': setupToken };
    await one.request('POST', '/api/admins/register', { body: admin, headers });
    const login = await one.request('POST', '/api/admins/login', { body: credentialsOf(admin) });
    const token = String(login.body.access_token);
    const asked = await one.request('POST', '/api/admins/users/invite', { body: { email }, token });
    assert.equal(asked.status, 201);
    const find = () =>
      sink.mails.flatMap(
        ({ parsed }) => /\/invitation#token=([\w-]+)/.exec(parsed.text ?? '')?.[1] ?? [],
      )[0];
    await eventually('the invitation', () => find() !== undefined, 60_000);
    return find() ?? '';
  };
  return { servers: [one, two] as const, ask, invite };
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

describe('sign-in by e-mail and invitations over two processes', { skip: withoutPostgres }, () => {
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

  test('Q08 of twenty who accept one invitation at once over both, one has the account', async (t) => {
    const { servers, invite } = await startTwo(t);
    const [one, two] = servers;
    const { email, password } = newRegistration();
    const token = await invite(email);
    const accept = async (server: ServerProcess, index: number) => {
      const body = { token, username: `racer${index}`, password };
      const headers = { 'x-forwarded-for': `198.51.${index}.7` };
      const path = '/api/users/invitation/accept';
      return (await server.request('POST', path, { body, headers })).status;
    };
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => accept(index % 2 ? one : two, index)),
    );
    assert.deepEqual(statuses.toSorted(), [200, ...Array.from({ length: 19 }, () => 400)]);
    const winner = { username: `racer${statuses.indexOf(200)}`, password };
    for (const server of servers) {
      const login = await server.request('POST', '/api/users/login', { body: winner });
      assert.equal(login.status, 200);
    }
    await two.kill9();
    const again = await startServer(t, { env: two.env, ...patient });
    assert.equal(await accept(again, 50), 400);
  });
});
