import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import { findFreePort } from '../free-port.ts';
import { type PrivatePostgres, startPrivatePostgres } from '../postgres/private-postgres.ts';
import { eventually } from './eventually.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const stack = /"stack"|\n\s+at /;

describe('FI-01 a database that is down at start', { concurrency: true }, () => {
  test('is waited for: live, not ready, and serving within five seconds of its return', async (t) => {
    const postgres = await startPrivatePostgres({ fast: true });
    t.after(() => postgres.destroy());
    await postgres.stop('fast');
    const server = await startServer(t, {
      env: { DATABASE_URL: postgres.url() },
      waitReady: false,
    });
    await eventually('listens', () => answersLive(server));
    assert.deepEqual((await server.request('GET', '/health/ready')).body, { status: 'starting' });
    const refused = await server.request('POST', '/api/users/login', {
      body: { username: 'a', password: 'b' },
    });
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers['retry-after']) > 0);

    // Just after the attempt with the longest wait behind it.
    const attempts = () =>
      server.stdoutLines().filter((line) => line.includes('trying again')).length;
    await eventually('four attempts', () => attempts() === 4);
    assert.equal((await server.request('GET', '/health/ready')).status, 503);
    assert.equal((await server.request('GET', '/health')).status, 503);
    assert.ok(await answersLive(server));
    await postgres.start();
    await server.untilReady(5000);
    assert.equal((await server.request('GET', '/')).status, 200);
    assert.ok(attempts() <= 6, server.logs());
    assert.doesNotMatch(server.logs(), stack);
  });

  for (const [how, mode] of [
    ['refuses', 'refuse'],
    ['swallows everything', 'black-hole'],
  ] as const) {
    test(`ends the start after STARTUP_TIMEOUT_SECONDS where it ${how} to the end`, async (t) => {
      const proxy = await startFaultProxy({
        targetHost: '127.0.0.1',
        targetPort: await findFreePort(),
      });
      t.after(() => proxy.close());
      await proxy.mode(mode);
      const url = `postgresql://someone:hidden@127.0.0.1:${proxy.port}/somewhere`;
      const env = { DATABASE_URL: url, STARTUP_TIMEOUT_SECONDS: '3' };
      const server = await startServer(t, { env, waitReady: false });
      await eventually('listens', () => answersLive(server));
      const listened = performance.now();
      const { code } = await server.exited;
      const ms = performance.now() - listened;
      assert.equal(code, 1);
      assert.ok(ms > 2000 && ms < 8000, `${ms} ms`);
      const last = server.stdoutLines().at(-1) ?? '';
      assert.match(last, /database: failed - not reachable in 3 s\..*DATABASE_URL/);
      assert.doesNotMatch(server.logs(), stack);
      assert.doesNotMatch(server.logs(), /hidden|someone|somewhere/);
    });
  }
});

describe('FI-02 a start that cannot succeed ends at once with one line that names', {
  concurrency: 2,
}, () => {
  // The keys in a database need the secret of the first start.
  const own = { SECRET_KEY: randomBytes(48).toString('base64') };
  let postgres: PrivatePostgres;
  before(async () => {
    postgres = await startPrivatePostgres({ fast: true });
    await postgres.query("CREATE ROLE stranger LOGIN PASSWORD 'known'");
    await postgres.query('CREATE DATABASE closed');
    await postgres.query('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
  });
  after(() => postgres.destroy());

  test('DATABASE_URL, for a wrong password', async (t) => {
    const url = postgres.url('postgres', 'adl', 'hidden-word');
    await assertRefused(t, { DATABASE_URL: url }, 'DATABASE_URL', [
      'hidden-word',
      `${postgres.port}`,
    ]);
  });

  test('DATABASE_URL, for an unknown database', async (t) => {
    const env = { DATABASE_URL: postgres.url('hidden_place') };
    await assertRefused(t, env, 'DATABASE_URL', ['hidden_place']);
  });

  test('DATABASE_URL, for a database that the user may not enter', async (t) => {
    const env = { DATABASE_URL: postgres.url('closed', 'stranger', 'known') };
    await assertRefused(t, env, 'DATABASE_URL', ['stranger', 'known']);
  });

  for (const mode of ['require', 'verify-full']) {
    test(`DATABASE_URL, for sslmode=${mode} where the server has no TLS`, async (t) => {
      const env = { DATABASE_URL: `${postgres.url()}?sslmode=${mode}` };
      await assertRefused(t, env, 'DATABASE_URL', [`${postgres.port}`]);
    });
  }

  test('DATABASE_URL, for certificates that cannot be read', async (t) => {
    const env = {
      DATABASE_URL: `${postgres.url()}?sslmode=verify-full&sslrootcert=/hidden/root.pem`,
    };
    await assertRefused(t, env, 'DATABASE_URL', ['/hidden/']);
  });

  test('SMTP_PORT, where it is no number', async (t) => {
    await assertRefused(t, { SMTP_PORT: 'hidden' }, 'SMTP_PORT', ['hidden']);
  });

  test('SECRET_KEY_FILE, where it cannot be read', async (t) => {
    const env = { SECRET_KEY: undefined, SECRET_KEY_FILE: '/hidden/key' };
    await assertRefused(t, env, 'SECRET_KEY_FILE', ['/hidden/']);
    const production = {
      ENVIRONMENT: 'production',
      DATABASE_URL: 'embedded',
      BCRYPT_ROUNDS: '12',
      PUBLIC_URL: 'https://adl.example',
    };
    await assertRefused(t, { ...env, ...production }, 'SECRET_KEY_FILE', ['/hidden/']);
  });

  test('PORT, where another process has it', async (t) => {
    const env = { ...own, DATABASE_URL: postgres.url(), PORT: `${postgres.port}` };
    await assertRefused(t, env, 'PORT', [`${postgres.port}`]);
  });

  test('HOST, where it is no address of this machine', async (t) => {
    const env = { ...own, DATABASE_URL: postgres.url(), HOST: '192.0.2.77' };
    await assertRefused(t, env, 'HOST', ['192.0.2.77']);
  });

  test('DATA_DIR, where it cannot be a directory', async (t) => {
    await assertRefused(t, { DATA_DIR: '/dev/null/hidden' }, 'DATA_DIR', ['/dev/null', 'hidden']);
  });

  test('DATA_DIR, where another process works in it, which goes on', async (t) => {
    const first = await startServer(t);
    await assertRefused(t, { DATA_DIR: first.env.DATA_DIR }, 'DATA_DIR', []);
    assert.equal((await first.request('GET', '/health/ready')).status, 200);
  });
});

/** It may be trying again. A busy machine takes seconds to load the code. */
const hangMilliseconds = 20_000;

async function assertRefused(
  t: TestContext,
  env: Record<string, string | undefined>,
  setting: string,
  hidden: readonly string[],
): Promise<void> {
  const started = performance.now();
  const server = await startServer(t, { env, waitReady: false });
  const { code } = await server.exited;
  const ms = performance.now() - started;
  assert.equal(code, 1, server.logs());
  assert.ok(ms < hangMilliseconds, `${ms} ms`);
  const lines = server.logs().split('\n');
  const failures = lines.filter((line) => line !== '' && !/"\w+: ok\b/.test(line));
  assert.equal(failures.length, 1, server.logs());
  assert.match(failures[0] ?? '', /\w: failed - \w/);
  assert.match(failures[0] ?? '', new RegExp(`\\b${setting}\\b`));
  for (const value of hidden)
    assert.ok(!server.logs().includes(value), `${value} is shown: ${server.logs()}`);
}

function answersLive(server: ServerProcess): Promise<boolean> {
  return server.request('GET', '/health/live').then(
    ({ status }) => status === 200,
    () => false,
  );
}
