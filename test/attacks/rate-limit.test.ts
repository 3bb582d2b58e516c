import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { limitPolicies } from '../../src/access/limit-policies.ts';
import { userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import {
  goodPassword,
  newRegistration,
  signedInUser as seededUser,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
  signIn,
} from '../factories.ts';
import { exchange, requestText } from '../raw-http.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const limited = { RATE_LIMIT_PER_HOUR: '200', RATE_LIMIT_ACCOUNT_PER_HOUR: '2000' };
/** Where the number itself does not matter. */
const few = { ...limited, RATE_LIMIT_PER_HOUR: '20' };
const proxied = { ...few, TRUSTED_PROXIES: '127.0.0.1' };

let addresses = 0;
/** An address that no other test has used. */
function freshAddress(): string {
  addresses += 1;
  return `127.7.${addresses >> 8}.${addresses & 255}`;
}

async function requests(
  count: number,
  send: (index: number) => Promise<Answer>,
): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) statuses.push((await send(index)).status);
  return statuses;
}

/** Counts the accepted answers. */
function served(statuses: number[]): number {
  return statuses.filter((status) => status !== 429).length;
}

test('K01 the 201st request of an hour is 429 until exactly its Retry-After is over', async (t) => {
  const { api, clock } = await createTestApp(t, limited);
  const remoteAddress = freshAddress();
  const ask = () => api.get('/', { remoteAddress });
  assertStatus(await ask(), 200);
  await clock.advance(600);
  assert.deepEqual(new Set(await requests(199, ask)), new Set([200]));
  const refused = await ask();
  assertStatus(refused, 429);
  assert.equal(refused.body.error, 'RateLimitExceeded');
  const seconds = Number(refused.headers['retry-after']);
  assert.ok(seconds > 2990 && seconds <= 3000, `${seconds}`);
  await clock.advance(seconds - 2);
  assertStatus(await ask(), 429);
  await clock.advance(2);
  assertStatus(await ask(), 200);
});

test('K02 without a trusted proxy no header changes the client address', async (t) => {
  const { api } = await createTestApp(t, few);
  const remoteAddress = freshAddress();
  const random = () => `198.51.100.${randomBytes(1)[0]}`;
  const names = [
    'x-forwarded-for',
    'x-real-ip',
    'forwarded',
    'true-client-ip',
    'cf-connecting-ip',
    'x_forwarded_for',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-original-forwarded-for',
    'fastly-client-ip',
    'x-envoy-external-address',
  ];
  const statuses = await requests(30, () => {
    const headers = Object.fromEntries(
      names.map((name) => [name, name === 'forwarded' ? `for=${random()}` : random()]),
    );
    return api.get('/', { remoteAddress, headers });
  });
  assert.deepEqual(statuses, [...Array<number>(20).fill(200), ...Array<number>(10).fill(429)]);
});

test('K03 behind trusted proxies the right-most untrusted address counts', async (t) => {
  const { api, app } = await createTestApp(t, proxied);
  const chain = () => Array.from({ length: 10 }, () => `192.0.2.${randomBytes(1)[0]}`).join(', ');
  const statuses = await requests(30, (index) => {
    const forwarded =
      index % 2 === 0 ? `${chain()}, 203.0.113.50` : `junk, ${chain()},203.0.113.50, 127.0.0.1`;
    return api.get('/', { headers: { 'x-forwarded-for': forwarded } });
  });
  assert.equal(served(statuses), 20);
  const other = { headers: { 'x-forwarded-for': '203.0.113.50, 203.0.113.51' } };
  assertStatus(await api.get('/', other), 200);
  // Over a socket: two lines are one list, in order (RFC 9110 § 5.3), and the other headers are
  // ignored.
  const lines = (...values: string[]) =>
    requestText('GET', '/').replace(
      '\r\n\r\n',
      `\r\n${values.map((value) => `X-Forwarded-For: ${value}\r\n`).join('')}X-Real-IP: 192.0.2.9\r\n\r\n`,
    );
  for (const [request, status] of [
    [lines('192.0.2.1', '203.0.113.50'), 429],
    [lines(chain(), chain(), '203.0.113.50'), 429],
    [lines('203.0.113.50', '203.0.113.52'), 200],
  ] as const) {
    const { answers } = await exchange(app, request, { answers: 1 });
    assert.equal(answers[0]?.status, status);
  }
});

test('K05 an IPv6 /64 is one client in any spelling; mapped IPv4 is IPv4', async (t) => {
  const { api } = await createTestApp(t, proxied);
  const from = (address: string) => api.get('/', { headers: { 'x-forwarded-for': address } });
  const statuses = await requests(30, (index) => {
    const host = index.toString(16);
    return from(index % 2 === 0 ? `2001:DB8:0:7:0:0:0:${host}` : `2001:db8:0:7::${host}`);
  });
  assert.equal(served(statuses), 20);
  assertStatus(await from('2001:db8:0:8::1'), 200);
  await requests(20, () => from('198.51.100.77'));
  assertStatus(await from('::ffff:198.51.100.77'), 429);
});

test('K06 of 250 concurrent requests exactly 200 pass', async (t) => {
  const { api } = await createTestApp(t, limited);
  const remoteAddress = freshAddress();
  const answers = await Promise.all(
    Array.from({ length: 250 }, () => api.get('/', { remoteAddress })),
  );
  assert.equal(served(answers.map(({ status }) => status)), 200);
});

test('K08 a refused request costs no hash, no query and no longer wait', async (t) => {
  const service = await createTestApp(t, few);
  const { api } = service;
  const remoteAddress = freshAddress();
  await requests(20, () => api.get('/', { remoteAddress }));
  const first = await api.get('/', { remoteAddress });
  const hashes = service.hashes();
  const body = { username: 'somebody', password: 'some password of theirs' };
  const rows = await service.db.selectFrom('throttles').selectAll().execute();
  const counted = service.statements().length;
  for (let count = 0; count < 100; count += 1) {
    assertStatus(await api.post('/api/users/login', body, { remoteAddress }), 429);
  }
  assert.equal(service.statements().length, counted);
  assert.deepEqual(await service.db.selectFrom('throttles').selectAll().execute(), rows);
  assert.equal(service.hashes(), hashes);
  const last = await api.get('/', { remoteAddress });
  assert.ok(Number(last.headers['retry-after']) <= Number(first.headers['retry-after']));
});

test('K09 both families of headers count down; Retry-After comes with a 429 only', async (t) => {
  const { api, clock } = await createTestApp(t, limited);
  const remoteAddress = freshAddress();
  for (let left = 199; left >= 0; left -= 1) {
    const { headers } = await api.get('/', { remoteAddress });
    assert.equal(headers['x-ratelimit-limit'], '200');
    assert.equal(headers['x-ratelimit-remaining'], String(left));
    const reset = Number(headers['x-ratelimit-reset']);
    assert.ok(reset > 3500 && reset <= 3600);
    assert.equal(headers['ratelimit-policy'], '"ip";q=200;w=3600');
    assert.equal(headers.ratelimit, `"ip";r=${left};t=${reset}`);
    assert.equal(headers['retry-after'], undefined);
  }
  await clock.advance(1800);
  const { headers } = await api.get('/', { remoteAddress });
  assert.equal(headers['retry-after'], headers['x-ratelimit-reset']);
  assert.match(String(headers.ratelimit), /^"ip";r=0;t=1\d{3}$/);
});

test('K10 probes, preflights and page assets are not limited; everything else is', async (t) => {
  const { api } = await createTestApp(t, few);
  const remoteAddress = freshAddress();
  const preflight = { origin: 'http://localhost:3000', 'access-control-request-method': 'POST' };
  // Each is sent once more than its limit allows.
  for (let count = 0; count < 21; count += 1) {
    for (const path of [
      '/health',
      '/health/live',
      '/health/ready',
      '/metrics',
      '/app/reset-password',
      '/app/assets/page.css',
      '/docs',
      '/docs/static/reference.css',
      '/redoc',
    ]) {
      const { status } = await api.get(path, { remoteAddress });
      assert.ok(status !== 429, path);
    }
    assertStatus(
      await api.request('OPTIONS', '/api/users/login', undefined, {
        remoteAddress,
        headers: preflight,
      }),
      204,
    );
    assertStatus(
      await api.request('OPTIONS', '/api/users/login', undefined, { remoteAddress }),
      204,
    );
  }
  const counted: (() => Promise<Answer>)[] = [
    () => api.get('/nonexistent', { remoteAddress }),
    () => api.get('/health/nonexistent', { remoteAddress }),
    () => api.get('/app/nonexistent', { remoteAddress }),
    () => api.get('/api/users/me', { remoteAddress }),
    () => api.get('/api/users/me', { remoteAddress, token: 'no.token.atall' }),
    () => api.get('/%ff', { remoteAddress }),
    () => api.request('DELETE', '/api/users/login', undefined, { remoteAddress }),
    () => api.post('/api/users/login', undefined, { remoteAddress, rawBody: '{' }),
    () => api.post('/api/users/refresh', undefined, { remoteAddress, rawBody: '{' }),
    () => api.post('/api/users/refresh', { refresh_token: 'made up' }, { remoteAddress }),
    () => api.post('/api/users/refresh', {}, { remoteAddress }),
    () => api.post('/api/users/logout', { refresh_token: 'made up' }, { remoteAddress }),
    () => api.post('/api/users/login', { a: 'x'.repeat(70_000) }, { remoteAddress }),
  ];
  let left = 20;
  for (const ask of counted) {
    const answer = await ask();
    left -= 1;
    assert.equal(answer.headers['x-ratelimit-remaining'], String(left), answer.text.slice(0, 200));
  }
  for (; left > 0; left -= 1) await api.get('/', { remoteAddress });
  for (const ask of counted) assertStatus(await ask(), 429);
});

test('with a valid token requests count for the account and not for the address', async (t) => {
  const service = await createTestApp(t, { ...limited, RATE_LIMIT_ACCOUNT_PER_HOUR: '50' });
  const [one, two] = [await signedInUser(service), await signedInUser(service)];
  const remoteAddress = freshAddress();
  const ask = (token: string) => service.api.get('/api/users/me', { token, remoteAddress });
  // The sign-in used one of each, from another address.
  assert.equal(served(await requests(60, () => ask(one.accessToken))), 49);
  const refused = await ask(one.accessToken);
  assertStatus(refused, 429);
  assert.ok(Number(refused.headers['retry-after']) > 3500);
  for (const name of ['x-ratelimit-remaining', 'ratelimit', 'ratelimit-policy'])
    assert.equal(refused.headers[name], undefined);
  assertStatus(await ask(two.accessToken), 200);
  const stranger = await service.api.get('/', { remoteAddress });
  assert.equal(stranger.headers['x-ratelimit-remaining'], '199');
});

test('all accounts at one address together get twenty times its limit', async (t) => {
  const service = await createTestApp(t, {
    RATE_LIMIT_PER_HOUR: '10',
    RATE_LIMIT_ACCOUNT_PER_HOUR: '2000',
  });
  const users = [await signedInUser(service), await signedInUser(service)];
  const remoteAddress = freshAddress();
  const statuses = await requests(210, (index) =>
    service.api.get('/api/users/me', { token: users[index % 2]?.accessToken ?? '', remoteAddress }),
  );
  assert.equal(served(statuses), 200);
});

test('refreshes count for their session: an address at its limit can still refresh', async (t) => {
  const service = await createTestApp(t, few);
  const { api } = service;
  const user = await seededUser(service);
  const remoteAddress = freshAddress();
  await requests(21, () => api.get('/', { remoteAddress }));
  let token = user.refreshToken;
  const refreshFrom = async (address: string) => {
    const body = { refresh_token: token };
    const answer = await api.post('/api/users/refresh', body, { remoteAddress: address });
    token = answer.body.refresh_token ?? token;
    return answer;
  };
  const refresh = () => refreshFrom(remoteAddress);
  assert.deepEqual(await requests(10, refresh), Array(10).fill(200));
  await useRefreshes(service, user, 580);
  assert.deepEqual(await requests(11, refresh), [...Array<number>(10).fill(200), 429]);
  assertStatus(await refreshFrom(freshAddress()), 429);
  assertStatus(
    await api.post('/api/users/refresh', { refresh_token: 'made up' }, { remoteAddress }),
    429,
  );
});

/** Counts refreshes of the account's only session, without the requests. */
async function useRefreshes(
  { db, config, limiter }: TestApp,
  { id }: { id: string },
  count: number,
) {
  const { refresh } = limitPolicies(config);
  const sessions = db.selectFrom('sessions').select('id').where('subject_id', '=', id);
  const session = await sessions.executeTakeFirstOrThrow();
  for (let used = 0; used < count; used += 1) await limiter.take(refresh, session.id);
}

test('A09 an address is limited to ten registrations, link requests and resets each', async (t) => {
  const { api, clock } = await createTestApp(t, limited);
  const remoteAddress = freshAddress();
  const taken = newRegistration();
  const register = () => api.post('/api/users/register', taken, { remoteAddress });
  const statuses = await requests(12, register);
  assert.deepEqual(statuses, [201, ...Array<number>(9).fill(409), 429, 429]);
  const forgot = () =>
    api.post('/api/password/forgot-password', { email: 'nobody@example.com' }, { remoteAddress });
  assert.equal(served(await requests(12, forgot)), 10);
  const reset = () =>
    api.post(
      '/api/password/reset-password',
      { token: 'x', new_password: 'granite lantern 41 willow' },
      { remoteAddress },
    );
  assert.equal(served(await requests(12, reset)), 10);
  await clock.advance(901);
  assertStatus(await reset(), 400);
  assertStatus(await register(), 429);
  await clock.advance(2700);
  assertStatus(await register(), 409);
});

test('a limit of 0 disables counting by address', async (t) => {
  const { api } = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '0' });
  const remoteAddress = freshAddress();
  assert.equal(served(await requests(300, () => api.get('/', { remoteAddress }))), 300);
  const answer = await api.get('/', { remoteAddress });
  assert.equal(answer.headers['x-ratelimit-limit'], undefined);
});

test('a page of an allowed origin can read a 429 and its headers', async (t) => {
  const { api } = await createTestApp(t, { ...few, CORS_ORIGINS: 'https://app.example.com' });
  const options = { remoteAddress: freshAddress(), headers: { origin: 'https://app.example.com' } };
  await requests(20, () => api.get('/', options));
  const refused = await api.get('/', options);
  assertStatus(refused, 429);
  assert.equal(refused.headers['access-control-allow-origin'], 'https://app.example.com');
  assert.match(String(refused.headers['access-control-expose-headers']), /Retry-After.*RateLimit/);
});

test("an admin's token does not count for the address either", async (t) => {
  const service: TestApp = await createTestApp(t, few);
  const { accessToken: token } = await signedInAdmin(service);
  const remoteAddress = freshAddress();
  assert.equal(
    served(await requests(30, () => service.api.get('/api/admins/me', { token, remoteAddress }))),
    30,
  );
});

test("a thief who uses up the account's limit cannot keep the owner from acting", async (t) => {
  for (const way of ['logout-all', 'session', 'change-password'] as const) {
    const service = await createTestApp(t, { ...limited, RATE_LIMIT_ACCOUNT_PER_HOUR: '20' });
    const { api } = service;
    const thief = await signedInUser(service);
    const owner = await signIn(service, userRealm, thief);
    const [, session] = (await api.get('/api/users/me/sessions', { token: owner.accessToken })).body
      .items;
    const asThief = { token: thief.accessToken, remoteAddress: freshAddress() };
    const asOwner = { token: owner.accessToken, remoteAddress: freshAddress() };
    assert.ok((await requests(30, () => api.get('/api/users/me', asThief))).includes(429));
    await requests(70, () => api.post('/api/users/change-password', {}, asThief));
    assertStatus(await api.get('/api/users/me', asOwner), 429);
    const change = { current_password: goodPassword, new_password: 'granite lantern 41 willow' };
    const answers = {
      'logout-all': () => api.post('/api/users/logout-all', undefined, asOwner),
      session: () =>
        api.request('DELETE', `/api/users/me/sessions/${session.id}`, undefined, asOwner),
      'change-password': () => api.post('/api/users/change-password', change, asOwner),
    };
    assertStatus(await answers[way](), way === 'change-password' ? 200 : 204);
    // Locked out: the thief's signed but revoked token no longer affects the owner.
    assert.ok(
      (await requests(5, () => api.post('/api/users/logout-all', undefined, asThief))).every(
        (status) => status >= 400,
      ),
    );
  }
});

test('refreshes count for their session, with a ceiling for each address', async (t) => {
  const service = await createTestApp(t, { ...limited, RATE_LIMIT_PER_HOUR: '2' });
  const remoteAddress = freshAddress();
  let { refreshToken } = await signedInUser(service);
  const statuses: number[] = [];
  for (let count = 0; count < 41; count += 1) {
    const body = { refresh_token: refreshToken };
    const answer = await service.api.post('/api/users/refresh', body, { remoteAddress });
    statuses.push(answer.status);
    refreshToken = answer.body.refresh_token ?? refreshToken;
  }
  assert.deepEqual(statuses, [...Array(40).fill(200), 429]);
});

test('a dead refresh token does not use up the ceiling of others at its address', async (t) => {
  // The ceiling is 40.
  const service = await createTestApp(t, { ...limited, RATE_LIMIT_PER_HOUR: '2' });
  const [dead, neighbour] = [await seededUser(service), await seededUser(service)];
  const ending = { refresh_token: dead.refreshToken };
  assertStatus(
    await service.api.post('/api/users/logout', ending, { remoteAddress: freshAddress() }),
    204,
  );
  await useRefreshes(service, dead, 570);
  const shared = { remoteAddress: freshAddress() };
  const ofDead = () =>
    service.api.post('/api/users/refresh', { refresh_token: dead.refreshToken }, shared);
  const statuses = await requests(60, ofDead);
  assert.ok(statuses.every((status) => status === 401 || status === 429));
  assert.deepEqual(new Set(statuses.slice(-30)), new Set([429]));
  // A failure counted for its session does not count for the address.
  assertStatus(await service.api.get('/', shared), 200);
  const ofNeighbour = { refresh_token: neighbour.refreshToken };
  assertStatus(await service.api.post('/api/users/refresh', ofNeighbour, shared), 200);
});

test('K10 the API document counts, and a client that has it cached gets a 304', async (t) => {
  const { api } = await createTestApp(t, limited);
  const remoteAddress = freshAddress();
  const first = await api.get('/openapi.json', { remoteAddress });
  assertStatus(first, 200);
  assert.equal(first.headers['x-ratelimit-remaining'], '199');
  const headers = { 'if-none-match': String(first.headers.etag) };
  assertStatus(await api.get('/openapi.json', { remoteAddress, headers }), 304);
});
