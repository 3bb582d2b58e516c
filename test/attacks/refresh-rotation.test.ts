import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { durations } from '../../src/platform/durations.ts';
import { assertStatus } from '../api.ts';
import { signIn } from '../factories.ts';
import { assertRefused, refresh, refreshed, signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const minutes = durations.minutes(1);
const hours = durations.hours(1);
const days = durations.days(1);

for (const realm of realms) {
  test(`F01 ${realm.kind}: a refresh gives new tokens and the old one is dead at once`, async (t) => {
    const test = await createTestApp(t);
    const { api } = test;
    const first = await signedInTo(test, realm);
    const second = await refreshed(api, realm, first.refreshToken);
    assert.notEqual(second.refreshToken, first.refreshToken);
    assert.notEqual(second.accessToken, first.accessToken);
    assert.equal(await statusOfMe(api, realm, second.accessToken), 200);
    assertRefused(await refresh(api, realm, first.refreshToken), 'refresh_token_rotated');
    await refreshed(api, realm, second.refreshToken);
  });

  test(`F02 ${realm.kind}: a token two rotations old ends its family only`, async (t) => {
    const test = await createTestApp(t);
    const { api } = test;
    const first = await signedInTo(test, realm);
    const other = await signIn(test, realm, first);
    const second = await refreshed(api, realm, first.refreshToken);
    const third = await refreshed(api, realm, second.refreshToken);
    assert.equal(await statusOfMe(api, realm, third.accessToken), 200);

    assertRefused(await refresh(api, realm, first.refreshToken), 'refresh_token_reused');
    assertRefused(await refresh(api, realm, third.refreshToken), 'invalid_refresh_token');
    for (const dead of [first, second, third]) {
      assert.equal(await statusOfMe(api, realm, dead.accessToken), 401);
    }
    assert.equal(await statusOfMe(api, realm, other.accessToken), 200);
    await refreshed(api, realm, other.refreshToken);
  });
}

test('the previous token is a race within 30 seconds, then a theft ending its family', async (t) => {
  const test = await createTestApp(t);
  const { api, clock } = test;
  const first = await signedInTo(test, userRealm);
  const second = await refreshed(api, userRealm, first.refreshToken);
  await clock.advance(29);
  assertRefused(await refresh(api, userRealm, first.refreshToken), 'refresh_token_rotated');
  assert.equal(await statusOfMe(api, userRealm, second.accessToken), 200);
  const third = await refreshed(api, userRealm, second.refreshToken);

  await clock.advance(31);
  assertRefused(await refresh(api, userRealm, second.refreshToken), 'refresh_token_reused');
  assertRefused(await refresh(api, userRealm, third.refreshToken), 'invalid_refresh_token');
  assert.equal(await statusOfMe(api, userRealm, third.accessToken), 401);
});

test('REFRESH_RACE_WINDOW_SECONDS=0 treats every second use as theft', async (t) => {
  const test = await createTestApp(t, { REFRESH_RACE_WINDOW_SECONDS: '0' });
  const first = await signedInTo(test, userRealm);
  const second = await refreshed(test.api, userRealm, first.refreshToken);
  assertRefused(await refresh(test.api, userRealm, first.refreshToken), 'refresh_token_reused');
  assertRefused(await refresh(test.api, userRealm, second.refreshToken), 'invalid_refresh_token');
});

test('REFRESH_GRACE_SECONDS lets the previous token, and only it, repeat its answer', async (t) => {
  const test = await createTestApp(t, { REFRESH_GRACE_SECONDS: '20' });
  const { api, clock } = test;
  const first = await signedInTo(test, userRealm);
  const second = await refreshed(api, userRealm, first.refreshToken);
  await clock.advance(19);
  const again = await refreshed(api, userRealm, first.refreshToken);
  assert.equal(again.refreshToken, second.refreshToken);
  assert.equal(await statusOfMe(api, userRealm, again.accessToken), 200);
  await clock.advance(2);
  assertRefused(await refresh(api, userRealm, first.refreshToken), 'refresh_token_rotated');

  const third = await refreshed(api, userRealm, second.refreshToken);
  assertRefused(await refresh(api, userRealm, first.refreshToken), 'refresh_token_reused');
  assertRefused(await refresh(api, userRealm, third.refreshToken), 'invalid_refresh_token');
});

test('a database clock that steps back gives no grace when none is configured', async (t) => {
  const test = await createTestApp(t);
  const first = await signedInTo(test, userRealm);
  const second = await refreshed(test.api, userRealm, first.refreshToken);
  await test.clock.advance(-5);
  assertRefused(await refresh(test.api, userRealm, first.refreshToken), 'refresh_token_rotated');
  await refreshed(test.api, userRealm, second.refreshToken);
});

const lifetimes: [Realm, { idle: number; step: number; max: number }][] = [
  [userRealm, { idle: 7 * days, step: 6 * days, max: 30 * days }],
  [adminRealm, { idle: 8 * hours, step: 7 * hours, max: 24 * hours }],
];

for (const [realm, { idle, step, max }] of lifetimes) {
  test(`F09 ${realm.kind}: an idle session ends; one in use ends at its maximum age`, async (t) => {
    const test = await createTestApp(t);
    const { api, clock } = test;
    const idling = await signedInTo(test, realm);
    const used = await signIn(test, realm, idling);
    await clock.advance(idle - minutes);
    let token = (await refreshed(api, realm, used.refreshToken)).refreshToken;
    await clock.advance(2 * minutes);
    assertRefused(await refresh(api, realm, idling.refreshToken), 'invalid_refresh_token');

    let age = idle + minutes;
    for (; age + step < max; age += step) {
      await clock.advance(step);
      token = (await refreshed(api, realm, token)).refreshToken;
    }
    await clock.advance(max - age - minutes);
    const last = await refreshed(api, realm, token);
    assert.equal(await statusOfMe(api, realm, last.accessToken), 200);
    await clock.advance(2 * minutes);
    assert.equal(await statusOfMe(api, realm, last.accessToken), 401);
    assertRefused(await refresh(api, realm, last.refreshToken), 'invalid_refresh_token');
  });
}

for (const [realm, other] of [
  [userRealm, adminRealm],
  [adminRealm, userRealm],
] as const) {
  test(`F10 F11 ${realm.kind}: the other realm refuses a refresh token unused`, async (t) => {
    const test = await createTestApp(t);
    const { api } = test;
    const account = await signedInTo(test, realm);
    assertRefused(await refresh(api, other, account.refreshToken), 'invalid_refresh_token');
    const logout = await api.post(`${other.path}/logout`, { refresh_token: account.refreshToken });
    assertRefused(logout, 'invalid_refresh_token');
    assert.equal(await statusOfMe(api, realm, account.accessToken), 200);
    await refreshed(api, realm, account.refreshToken);
  });
}

test('F15 answers of login and refresh are not cached and have tokens in the body only', async (t) => {
  const test = await createTestApp(t);
  for (const realm of realms) {
    const { username, password } = await signedInTo(test, realm);
    const login = await test.api.post(`${realm.path}/login`, { username, password });
    for (const answer of [login, await refresh(test.api, realm, login.body.refresh_token)]) {
      assertStatus(answer, 200);
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.headers['content-type'], 'application/json');
      assert.deepEqual(Object.keys(answer.body), [
        'access_token',
        'refresh_token',
        'token_type',
        'expires_in',
      ]);
      assert.equal(answer.body.token_type, 'bearer');
      assert.match(answer.body.refresh_token, /^r1\.[\w-]{91}$/);
      const headers = JSON.stringify(answer.headers);
      for (const secret of [answer.body.access_token, answer.body.refresh_token]) {
        assert.ok(!headers.includes(secret));
        assert.ok(!test.logs().includes(secret));
      }
    }
  }
});

test('F16 a malformed refresh token is refused without a query', async (t) => {
  const test = await createTestApp(t);
  const genuine = await signedInTo(test, userRealm);
  await assertCostsStatements(test, genuine.refreshToken, 204);

  const text = [
    '',
    'r1.',
    "' OR '1'='1'; DROP TABLE sessions; --",
    '🔑'.repeat(20),
    'x'.repeat(10_000),
    'a\0b',
  ];
  const forged = forgeriesOf(genuine.refreshToken);
  const refreshToken: unknown[] = [
    ...text,
    ...forged,
    [genuine.refreshToken],
    null,
    7,
    {},
    true,
    undefined,
  ];
  for (const { path } of realms) {
    for (const route of ['refresh', 'logout']) {
      for (const value of refreshToken) {
        const before = test.statements().length;
        const answer = await test.api.post(`${path}/${route}`, { refresh_token: value });
        const label = `${path}/${route} ${JSON.stringify(value)?.slice(0, 100)}`;
        assert.ok([401, 422].includes(answer.status), `${label}: ${answer.status}`);
        assert.equal(test.statements().length, before, label);
      }
    }
  }
  assert.equal(forged.length, 5);
});

/** The control for the test above: a genuine tag does reach the database. */
async function assertCostsStatements(test: TestApp, token: string, status: number): Promise<void> {
  const before = test.statements().length;
  assertStatus(await test.api.post('/api/users/logout', { refresh_token: token }), status);
  assert.ok(test.statements().length > before);
}

/** A token with one bit flipped in its family, generation, secret or tag, and a truncated one. */
function forgeriesOf(token: string): string[] {
  const bytes = Buffer.from(token.slice(3), 'base64url');
  const turned = [0, 19, 20, bytes.length - 1].map((at) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return `r1.${copy.toString('base64url')}`;
  });
  return [...turned, token.slice(0, -1)];
}
