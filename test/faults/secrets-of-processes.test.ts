import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { credentialsOf, newRegistration } from '../factories.ts';
import { startServer } from './server-process.ts';

const unique = (what: string) => `${what}${randomBytes(6).toString('hex')}`;

const production = {
  ENVIRONMENT: 'production',
  DATABASE_URL: 'embedded',
  PUBLIC_URL: 'https://adl.example',
  BCRYPT_ROUNDS: '10',
  SECRET_KEY: undefined,
};

const started: [what: string, environment: Record<string, string>][] = [
  ['no secret', {}],
  ['a short secret', { SECRET_KEY: 'kQ8-short-vW2' }],
  ['CHANGE_ME', { SECRET_KEY: 'CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME' }],
  ['one character', { SECRET_KEY: 'z'.repeat(40) }],
];

for (const [what, environment] of started) {
  test(`E18 a production start with ${what} ends at once and names only the variable`, async (t) => {
    const server = await startServer(t, {
      env: { ...production, ...environment },
      waitReady: false,
    });
    const { code } = await server.exited;
    assert.equal(code, 1, server.logs());
    assert.match(server.logs(), /^configuration: failed - SECRET_KEY \S/m);
    for (const line of server.logs().trim().split('\n')) {
      assert.match(line, /^configuration: failed - SECRET_KEY /);
    }
    for (const value of Object.values(environment)) assert.ok(!server.logs().includes(value));
    assert.ok(!existsSync(server.env.DATA_DIR ?? '/'), 'nothing was opened');
  });
}

test('E18 with a random secret the same start gets past its configuration', async (t) => {
  const secret = randomBytes(48).toString('base64');
  // The port is closed: the start gets as far as the database, and ends.
  const database = {
    DATABASE_URL: 'postgresql://nobody:nothing@127.0.0.1:1/none',
    STARTUP_TIMEOUT_SECONDS: '1',
  };
  const env = { ...production, ...database, SECRET_KEY: secret };
  const server = await startServer(t, { env, waitReady: false });
  assert.equal((await server.exited).code, 1);
  for (const line of [/configuration: ok/, /secret: ok/, /database: failed/])
    assert.match(server.logs(), line);
  for (const value of [secret, 'nothing']) assert.ok(!server.logs().includes(value));
});

test("E20 an old key's token is valid across restarts until that key is retired", async (t) => {
  const [first, second] = [randomBytes(48).toString('base64'), randomBytes(48).toString('base64')];
  const user = newRegistration();
  const hs256 = { ACCESS_TOKEN_ALGORITHM: 'HS256' };
  const one = await startServer(t, { env: { ...hs256, SECRET_KEY: first } });
  const { DATA_DIR, PUBLIC_URL } = one.env;
  const shared = { ...hs256, DATA_DIR, PUBLIC_URL };
  assert.equal((await one.request('POST', '/api/users/register', { body: user })).status, 201);
  const { body: tokens } = await one.request<Record<string, string>>('POST', '/api/users/login', {
    body: credentialsOf(user),
  });
  const token = tokens.access_token ?? '';
  await one.kill9();

  const two = await startServer(t, {
    env: { ...shared, SECRET_KEY: second, SECRET_KEY_PREVIOUS: first },
  });
  assert.equal((await two.request('GET', '/api/users/me', { token })).status, 200);
  const body = { refresh_token: tokens.refresh_token };
  const { body: renewed, status } = await two.request<Record<string, string>>(
    'POST',
    '/api/users/refresh',
    {
      body,
    },
  );
  assert.equal(status, 200);
  await two.kill9();

  const three = await startServer(t, { env: { ...shared, SECRET_KEY: second } });
  assert.equal((await three.request('GET', '/api/users/me', { token })).status, 401);
  const me = await three.request('GET', '/api/users/me', { token: renewed.access_token ?? '' });
  assert.equal(me.status, 200);
  for (const server of [one, two, three]) {
    for (const secret of [first, second]) assert.ok(!server.logs().includes(secret));
  }
});

test('M01 failing to reach Redis or the mail server logs no credential and no host', async (t) => {
  const credentials = {
    redis: unique('redis-password-'),
    user: unique('smtp-user-'),
    password: unique('smtp-'),
  };
  for (const LOG_FORMAT of ['json', 'pretty']) {
    const env = {
      LOG_LEVEL: 'debug',
      LOG_FORMAT,
      REDIS_URL: `redis://:${credentials.redis}@localhost:1/0`,
      SMTP_HOST: 'localhost',
      SMTP_PORT: '1',
      SMTP_USER: credentials.user,
      SMTP_PASSWORD: credentials.password,
      SMTP_FROM_EMAIL: 'accounts@example.com',
      SMTP_SECURITY: 'none',
    };
    const server = await startServer(t, { env });
    const { body, status } = await server.request('POST', '/api/users/register', {
      body: newRegistration(),
    });
    assert.equal(status, 201, JSON.stringify(body));
    const { SECRET_KEY } = server.env;
    await server.kill9();
    const logs = server.logs();
    assert.match(logs, /redis: failed - not reachable/);
    assert.match(logs, /smtp: failed - not reachable/);
    for (const secret of [...Object.values(credentials), SECRET_KEY ?? 'none'])
      assert.ok(!logs.includes(secret), secret);
    assert.doesNotMatch(logs, /accounts@example|redis:\/\//);
  }
});
