import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsOf, goodPassword, newRegistration } from '../factories.ts';
import { newPassword } from '../reset-calls.ts';
import { type SmtpSink, startSmtpSink } from '../smtp-sink.ts';
import { eventually } from './eventually.ts';
import type { Cut } from './fault-mode.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import {
  type DatabaseService,
  startDatabaseService,
  startUnlimited,
  withoutPostgres,
} from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** A person with two sessions and a reset link. */
type Forgetful = { username: string; token: string; accessTokens: string[] };

/**
 * The statements of a reset, in order; the kill comes before each of them, and after the COMMIT.
 */
const statements: [name: string, pattern: RegExp][] = [
  ['the lock on the account', /select \* from "users" where "id" = \$1 and [^\0]*for update/],
  ['the link is used up', /update "links" set "ended_at"[^\0]*"token_hash"/],
  ['the password is set', /update "users" set "password_scheme"/],
  ['the address is verified', /update "users" set "email" = /],
  ['the sessions end', /update "sessions" set "revoked_at"/],
  ['the notice is queued', /insert into "mails"/],
];

describe('a reset is cut or killed on PostgreSQL', { skip: withoutPostgres }, () => {
  const ends: (() => unknown)[] = [];
  let service: DatabaseService;
  let server: ServerProcess;
  let proxy: FaultProxy;
  let sink: SmtpSink;
  let context: TestContext;
  before(async () => {
    context = { after: (end: () => unknown) => void ends.push(end) } as TestContext;
    sink = await startSmtpSink(context);
    service = await startDatabaseService(context, mailEnvironment(sink), async (targetPort) => {
      proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort });
      return proxy.port;
    });
    server = service.server;
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
    await proxy.close();
  });

  for (const cut of ['before-commit', 'after-commit'] as const) {
    test(`FI-06 a reset cut ${cut.replace('-', ' its ')} is a 503, and whole or absent`, async () => {
      const person = await forgetful(server, sink);
      const cuts = proxy.cuts;
      await proxy.mode({ cut, times: 1 });
      assert.equal(await reset(server, person), 503);
      assert.equal(proxy.cuts, cuts + 1);
      assert.equal(await outcome(server, person), cut === 'after-commit' ? 'done' : 'not done');
    });
  }

  for (const [name, statement] of statements) {
    test(`FI-22 a process killed before ${name} changes nothing`, async () => {
      const person = await forgetful(server, sink);
      assert.equal(await killedReset({ cut: 'before-commit', times: 1, statement }, person), null);
      assert.equal(await outcome(server, person), 'not done');
    });
  }

  test('FI-22 a kill before the COMMIT changes nothing; after it, everything is done', async () => {
    for (const [cut, expected] of [
      ['before-commit', 'not done'],
      ['after-commit', 'done'],
    ] as const) {
      const person = await forgetful(server, sink);
      await killedReset({ cut, times: 1 }, person);
      assert.equal(await outcome(server, person), expected);
    }
  });

  async function killedReset(mode: Cut, person: Forgetful): Promise<number | null> {
    const killed = Promise.withResolvers<unknown>();
    await proxy.mode({ ...mode, onCut: () => killed.resolve(server.kill9()) });
    const status = await reset(server, person).catch(() => null);
    const missed = sleep(30_000, undefined, { ref: false }).then(() =>
      assert.fail('no statement matched'),
    );
    await Promise.race([killed.promise, missed]);
    await proxy.mode('pass');
    server = await startServer(context, { env: server.env });
    return status;
  }
});

test('FI-22 a reset killed at any moment on the embedded database is whole or absent', async (t) => {
  const sink = await startSmtpSink(t);
  let server = await startUnlimited(t, mailEnvironment(sink));
  const outcomes = new Set<string>();
  for (let round = 0; round < 8; round += 1) {
    const person = await forgetful(server, sink);
    const asked = reset(server, person).catch(() => null);
    await sleep(round * 2.5);
    await server.kill9();
    const status = await asked;
    server = await startServer(t, { env: server.env });
    const found = await outcome(server, person);
    outcomes.add(found);
    if (status === 200) assert.equal(found, 'done');
  }
  assert.ok(outcomes.size > 0);
});

function mailEnvironment({ port }: SmtpSink): Record<string, string> {
  const address = {
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(port),
    SMTP_FROM_EMAIL: 'adl@service.test',
  };
  return { ...address, SMTP_SECURITY: 'none' };
}

async function forgetful(server: ServerProcess, sink: SmtpSink): Promise<Forgetful> {
  const { username, email, password } = newRegistration();
  const body = { username, email, password };
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  const accessTokens: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    const login = await server.request('POST', '/api/users/login', { body: credentialsOf(body) });
    accessTokens.push(String(login.body.access_token));
  }
  assert.equal(
    (await server.request('POST', '/api/password/forgot-password', { body: { email } })).status,
    200,
  );
  const link = () =>
    sink.mails
      .filter(({ recipients }) => recipients[0] === email)
      .map(({ parsed }) => /reset-password#token=([\w-]+)/.exec(parsed.text ?? '')?.[1])
      .find((token) => token !== undefined);
  await eventually('the link has come', () => link() !== undefined, 60_000);
  return { username, token: link() ?? '', accessTokens };
}

async function reset(server: ServerProcess, { token }: Forgetful): Promise<number> {
  const body = { token, new_password: newPassword };
  return (await server.request('POST', '/api/password/reset-password', { body })).status;
}

/** Password, sessions and link must agree. */
async function outcome(server: ServerProcess, person: Forgetful): Promise<'done' | 'not done'> {
  const { username, accessTokens } = person;
  const login = async (password: string) =>
    (await server.request('POST', '/api/users/login', { body: { username, password } })).status;
  const sessions = await Promise.all(
    accessTokens.map(
      async (token) => (await server.request('GET', '/api/users/me', { token })).status,
    ),
  );
  const story = { old: await login(goodPassword), next: await login(newPassword), sessions };
  const isDone = story.next === 200;
  const whole = isDone
    ? { old: 401, next: 200, sessions: [401, 401] }
    : { old: 200, next: 401, sessions: [200, 200] };
  assert.deepEqual(story, whole);
  // Last, because it changes the state: the link is used up, or still valid.
  assert.equal(await reset(server, person), isDone ? 400 : 200);
  return isDone ? 'done' : 'not done';
}
