import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { assertStatus } from '../api.ts';
import { newRegistration, signedInUser } from '../factories.ts';
import { makeServiceTokens } from '../service-tokens.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const services = await makeServiceTokens();
const limits = { RATE_LIMIT_PER_HOUR: '5', RATE_LIMIT_ACCOUNT_PER_HOUR: '5' };

function open(t: TestContext, overrides: Record<string, string> = {}): Promise<TestApp> {
  return createTestApp(t, { SERVICE_TOKENS_FILE: services.file, ...limits, ...overrides });
}

/** A request from the server of an application. */
function call(
  { api }: TestApp,
  token: string | undefined,
  forwarded?: string,
  remoteAddress = '10.1.2.3',
) {
  const headers = {
    ...(token === undefined ? {} : { 'x-service-token': token }),
    ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
  };
  return api.get('/', { headers, remoteAddress });
}

const spent = async (request: () => ReturnType<typeof call>): Promise<void> => {
  for (let count = 0; count < 5; count += 1) assertStatus(await request(), 200);
  assertStatus(await request(), 429);
};

test('a service that may forward names its client, who has the limit of an address', async (t) => {
  const service = await open(t);
  await spent(() => call(service, services.forward, '203.0.113.7'));
  assertStatus(await call(service, services.forward, '203.0.113.8'), 200);
  // It is the client's limit, however the client comes.
  assertStatus(await call(service, undefined, undefined, '203.0.113.7'), 429);
});

test('the named address is the one that is recorded, of a sign-in too', async (t) => {
  const service = await open(t, { RATE_LIMIT_PER_HOUR: '0' });
  const user = await signedInUser(service);
  const headers = { 'x-service-token': services.both, 'x-forwarded-for': '203.0.113.9' };
  const body = { username: user.username, password: user.password };
  const login = await service.api.post('/api/users/login', body, { headers });
  assertStatus(login, 200);
  const token = login.body.access_token;
  const sessions = await service.api.get('/api/users/me/sessions', { token });
  const ips = sessions.body.items.map(({ ip }: { ip: string }) => ip);
  assert.ok(ips.includes('203.0.113.9'));
});

test('a wrong password counts on the named address, and locks no other client out', async (t) => {
  const service = await open(t, { RATE_LIMIT_PER_HOUR: '0' });
  const user = await signedInUser(service);
  const attempt = (address: string, password: string) =>
    service.api.post(
      '/api/users/login',
      { username: user.username, password },
      { headers: { 'x-service-token': services.forward, 'x-forwarded-for': address } },
    );
  for (let count = 0; count < 5; count += 1)
    assertStatus(await attempt('203.0.113.7', 'wrong one'), 401);
  assertStatus(await attempt('203.0.113.7', user.password), 429);
  assertStatus(await attempt('203.0.113.8', user.password), 200);
});

test('without the scope, or without a good token, nobody names an address', async (t) => {
  const service = await open(t);
  for (const address of ['203.0.113.1', '203.0.113.2']) {
    assertStatus(await call(service, services.introspect, address, '10.0.0.1'), 403);
    assertStatus(await call(service, 'adl_st_wrong', address, '10.0.0.2'), 401);
  }
  // They counted where they came from, and not on whom they named.
  for (const [index, token] of [services.introspect, 'adl_st_wrong'].entries()) {
    const from = `10.0.0.${index + 1}`;
    for (let count = 0; count < 3; count += 1) await call(service, token, '203.0.113.3', from);
    assertStatus(await call(service, token, '203.0.113.4', from), 429);
  }
  assertStatus(await call(service, undefined, undefined, '203.0.113.3'), 200);
  await spent(() => call(service, undefined, `203.0.113.${Math.random()}`, '10.0.0.9'));
});

test('a service that names no client counts on itself, not on its address', async (t) => {
  const service = await open(t);
  for (let count = 0; count < 20; count += 1)
    assertStatus(
      await call(service, services.forward, count % 2 === 0 ? undefined : 'nonsense'),
      200,
    );
  assertStatus(await call(service, undefined), 200);
});

test('behind a proxy only the entry before the service is taken, and only one', async (t) => {
  const service = await open(t, { TRUSTED_PROXIES: '10.9.0.0/16' });
  const behind = (forwarded: string, token?: string) => call(service, token, forwarded, '10.9.0.1');
  await spent(() => behind('198.51.100.1, 203.0.113.7, 10.1.2.3', services.forward));
  assertStatus(await behind('203.0.113.7, 203.0.113.8, 10.1.2.3', services.forward), 200);
  // The client wrote something itself: the service appended the address that it saw.
  assertStatus(await behind('203.0.113.8, 203.0.113.7, 10.1.2.3', services.forward), 429);
  // Without the token the rightmost entry that is no proxy is the client.
  await spent(() => behind(`${Math.random()}, 203.0.113.77`));
});

test('users of an application each keep their own limits for calls with their tokens', async (t) => {
  const service = await open(t, { RATE_LIMIT_PER_HOUR: '1', RATE_LIMIT_ACCOUNT_PER_HOUR: '1000' });
  const users = [await signedInUser(service), await signedInUser(service)];
  const ask = (token: string, headers: Record<string, string>) =>
    service.api.get('/api/users/me', { token, headers, remoteAddress: '10.1.2.3' });
  // From one address: twenty, whoever the users are.
  for (let count = 0; count < 20; count += 1)
    assertStatus(await ask(users[count % 2]?.accessToken ?? '', {}), 200);
  assertStatus(await ask(users[0]?.accessToken ?? '', {}), 429);
  for (const [index, { accessToken }] of users.entries()) {
    const named = { 'x-forwarded-for': `203.0.113.${index}`, 'x-service-token': services.forward };
    for (let count = 0; count < 20; count += 1) assertStatus(await ask(accessToken, named), 200);
    assertStatus(await ask(accessToken, named), 429);
  }
});

test('a browser cannot send a service token from another origin', async (t) => {
  const origin = 'https://app.example.com';
  const service = await open(t, { CORS_ORIGINS: origin });
  const { headers } = await service.api.request('OPTIONS', '/api/users/me', undefined, {
    headers: {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'x-service-token',
    },
  });
  assert.doesNotMatch(String(headers['access-control-allow-headers']), /x-service-token/i);
});

test('a service token is in no log line', async (t) => {
  const service = await open(t, { LOG_LEVEL: 'debug' });
  await call(service, services.forward, '203.0.113.7');
  await call(service, services.introspect, '203.0.113.7');
  const { introspect: token } = services;
  await service.api.post('/api/tokens/introspect', { token: newRegistration().email }, { token });
  for (const secret of [services.forward, services.introspect])
    assert.ok(!service.logs().includes(secret.slice(7)));
});
