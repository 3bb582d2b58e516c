import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { goodPassword, newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { eventually } from './eventually.ts';
import {
  type DatabaseService,
  startDatabaseService,
  startUnlimited,
  withoutPostgres,
} from './postgres-backed.ts';
import type { ServerProcess } from './server-process.ts';

const withoutFaketime = spawnSync('faketime', ['--version']).error
  ? 'faketime is not installed'
  : false;
const skip = withoutPostgres || withoutFaketime;

type Tokens = { access_token: string; refresh_token: string };

test('FI-29 replicas a minute apart take the same tokens, links and guesses, by the time of the database', {
  skip,
}, async (t) => {
  const sink = await startSmtpSink(t);
  const mail = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(sink.port), SMTP_SECURITY: 'none' };
  const { ahead, behind, query } = await startSkewed(t, ['+30s', '-30s'], {
    ...mail,
    SMTP_FROM_EMAIL: 'accounts@example.com',
  });
  for (const [one, other] of [
    [ahead, behind],
    [behind, ahead],
  ] as const) {
    const person = newRegistration();
    assert.equal((await one.request('POST', '/api/users/register', { body: person })).status, 201);
    const tokens = await signIn(one, person.username);
    assert.equal(await me(other, tokens), 200);
    assert.ok(Math.abs(issuedAt(tokens) - (await databaseSeconds(query))) < 5);
    const refreshed = await refresh(other, tokens);
    assert.equal(refreshed.status, 200);
    assert.equal(await me(one, refreshed.body), 200);
    await assertResetWorks(one, other, person.email, sink);
    assert.equal(await me(one, refreshed.body), 401);
  }
  await assertGuessesAreShared(ahead, behind);
});

test('FI-29 ten minutes apart: told at start and in health; what ended stays ended everywhere', {
  skip,
}, async (t) => {
  const { ahead, behind, query } = await startSkewed(t, ['+600s', '-600s']);
  for (const [replica, seconds] of [
    [ahead, -600],
    [behind, 600],
  ] as const) {
    assert.match(
      replica.logs(),
      /clock: failed - -?(600|599)\.\d s between this machine and the database/,
    );
    const { body } = await replica.request<{ clock: { skew_seconds: number } }>('GET', '/health');
    assert.ok(Math.abs(body.clock.skew_seconds - seconds) < 3, JSON.stringify(body));
    assert.match(
      (await replica.request<string>('GET', '/metrics')).body,
      /^adl_clock_skew_seconds -?(600|599)/m,
    );
  }
  const person = newRegistration();
  assert.equal((await ahead.request('POST', '/api/users/register', { body: person })).status, 201);
  const [left, idle, alive] = [
    await signIn(ahead, person.username),
    await signIn(behind, person.username),
    await signIn(ahead, person.username),
  ];
  assert.equal(
    (
      await ahead.request('POST', '/api/users/logout', {
        body: { refresh_token: left.refresh_token },
      })
    ).status,
    204,
  );
  const session = JSON.parse(
    Buffer.from(idle.access_token.split('.')[1] ?? '', 'base64url').toString(),
  ).sid;
  await query(
    `UPDATE sessions SET idle_expires_at = now() - interval '1 second' WHERE id = '${session}'`,
  );
  for (const replica of [ahead, behind]) {
    for (const ended of [left, idle]) {
      assert.equal(await me(replica, ended), 401);
      assert.equal((await refresh(replica, ended)).status, 401);
    }
    assert.equal(await me(replica, alive), 200);
  }
});

async function startSkewed(
  t: TestContext,
  [first, second]: [string, string],
  env: Record<string, string> = {},
): Promise<{ ahead: ServerProcess; behind: ServerProcess; query: DatabaseService['query'] }> {
  const own = { ...env, FAKETIME_DONT_FAKE_MONOTONIC: '1', METRICS_ALLOW: '127.0.0.0/8' };
  const fake = (seconds: string) => ['faketime', '-f', seconds];
  const { server: ahead, query } = await startDatabaseService(t, own, undefined, {
    wrapper: fake(first),
  });
  const place = { ...ahead.env, PORT: String(await findFreePort()) };
  const behind = await startUnlimited(t, place, { wrapper: fake(second) });
  return { ahead, behind, query };
}

async function signIn(server: ServerProcess, username: string): Promise<Tokens> {
  const body = { username, password: goodPassword };
  const answer = await server.request<Tokens>('POST', '/api/users/login', { body });
  assert.equal(answer.status, 200);
  return answer.body;
}

function refresh(server: ServerProcess, { refresh_token }: Tokens) {
  return server.request<Tokens>('POST', '/api/users/refresh', { body: { refresh_token } });
}

async function me(server: ServerProcess, { access_token: token }: Tokens): Promise<number> {
  return (await server.request('GET', '/api/users/me', { token })).status;
}

function issuedAt({ access_token }: Tokens): number {
  return JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()).iat;
}

async function databaseSeconds(query: DatabaseService['query']): Promise<number> {
  const [row] = await query('SELECT extract(epoch FROM now())::float8 AS seconds');
  return Number(row?.seconds);
}

async function assertResetWorks(
  one: ServerProcess,
  other: ServerProcess,
  email: string,
  { mails }: Awaited<ReturnType<typeof startSmtpSink>>,
): Promise<void> {
  const token = () =>
    mails
      .filter(({ recipients }) => recipients.includes(email))
      .map(({ parsed }) => /reset-password#token=([\w-]+)/.exec(parsed.text ?? '')?.[1])
      .find((found) => found !== undefined);
  assert.equal(
    (await one.request('POST', '/api/password/forgot-password', { body: { email } })).status,
    200,
  );
  await eventually('the link is mailed', () => token() !== undefined, 20_000);
  const body = { token: token(), new_password: `${goodPassword} anew` };
  assert.equal((await other.request('POST', '/api/password/reset-password', { body })).status, 200);
  assert.equal((await one.request('POST', '/api/password/reset-password', { body })).status, 400);
}

async function assertGuessesAreShared(one: ServerProcess, other: ServerProcess): Promise<void> {
  const person = newRegistration();
  assert.equal((await one.request('POST', '/api/users/register', { body: person })).status, 201);
  const guess = { body: { username: person.username, password: 'not the right one' } };
  for (const server of [one, other, one, other, one])
    assert.equal((await server.request('POST', '/api/users/login', guess)).status, 401);
  const { status, headers } = await other.request('POST', '/api/users/login', guess);
  assert.equal(status, 429);
  const seconds = Number(headers['retry-after']);
  assert.ok(seconds > 840 && seconds <= 900, `${seconds} s`);
}
