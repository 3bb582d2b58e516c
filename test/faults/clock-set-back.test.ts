import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { goodPassword, newRegistration } from '../factories.ts';
import { eventually } from './eventually.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';
import type { ServerProcess } from './server-process.ts';

const libraryOfFaketime = findFaketime();
const skip = libraryOfFaketime === null ? 'faketime is not installed' : false;
const limits = {
  RATE_LIMIT_PER_HOUR: '20',
  RATE_LIMIT_ACCOUNT_PER_HOUR: '2000',
  LOG_FORMAT: 'json',
};

test('the system clock is set back an hour: tokens stay valid, limits end on time', {
  skip,
}, async (t) => {
  const clock = movableClock(t);
  await assertUnmoved(await startUnlimited(t, { ...limits, ...clock.env }), clock);
});

test('the same with a PostgreSQL whose clock is not changed', {
  skip: skip || withoutPostgres,
}, async (t) => {
  const clock = movableClock(t);
  const { server } = await startDatabaseService(t, { ...limits, ...clock.env });
  await assertUnmoved(server, clock);
});

async function assertUnmoved(server: ServerProcess, clock: Clock): Promise<void> {
  const person = newRegistration();
  assert.equal((await server.request('POST', '/api/users/register', { body: person })).status, 201);
  const body = { username: person.username, password: goodPassword };
  const login = await server.request<Record<string, string>>('POST', '/api/users/login', { body });
  const { access_token: token, refresh_token } = login.body;
  const stranger = () => server.request('GET', '/api/users/me');
  const refusedBefore = await untilLimited(stranger);
  clock.set(-3600);
  await eventually('the process has the new time', async () => (await skewSeconds(server)) < -3500);

  const me = (authorization = `Bearer ${token}`) =>
    server.request('GET', '/api/users/me', { headers: { authorization } });
  assert.equal((await me()).status, 200);
  const refreshed = await server.request('POST', '/api/users/refresh', { body: { refresh_token } });
  assert.equal(refreshed.status, 200);
  assert.equal((await me(`Bearer ${refreshed.body.access_token}`)).status, 200);
  const { status, headers } = await stranger();
  assert.equal(status, 429);
  const seconds = Number(headers['retry-after']);
  assert.ok(seconds <= refusedBefore, `${seconds} s, ${refusedBefore} s before`);
}

/** How far its wall clock is ahead of this process's. */
async function skewSeconds(server: ServerProcess): Promise<number> {
  const { body } = await server.request<{ timestamp: string }>('GET', '/health');
  return (Date.parse(body.timestamp) - Date.now()) / 1000;
}

/** Seconds to wait, according to the first 429 for the address. */
async function untilLimited(ask: () => ReturnType<ServerProcess['request']>): Promise<number> {
  for (let count = 0; count < 30; count += 1) {
    const { status, headers } = await ask();
    if (status === 429) return Number(headers['retry-after']);
  }
  throw new Error('no limit was reached');
}

type Clock = ReturnType<typeof movableClock>;

/** Sets the wall clock of a running process; its monotonic clock is not affected. */
function movableClock(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'adl-clock-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'offset');
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  set(0);
  const env = {
    LD_PRELOAD: libraryOfFaketime ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  return { env, set };
}

function findFaketime(): string | null {
  try {
    return execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], {
      encoding: 'utf8',
    }).trim();
  } catch {
    return null;
  }
}
