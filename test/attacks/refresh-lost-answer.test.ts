import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { signedInUser } from '../factories.ts';
import { assertRefused, refresh, refreshed, signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { onPostgres } from '../test-database.ts';

const key = 'attempt-1-of-this-client';
const otherKey = 'attempt-2-of-this-client';

test('F08 a lost answer can be repeated with the same Idempotency-Key only', async (t) => {
  const test = await createTestApp(t, { HOST: '127.0.0.1' });
  const { api, clock, app } = test;
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { refreshToken } = await signedInUser(test);
  await refreshAndVanish(test, refreshToken, key);

  const retried = await refreshed(api, userRealm, refreshToken, key);
  assert.equal(await statusOfMe(api, userRealm, retried.accessToken), 200);
  const retriedAgain = await refreshed(api, userRealm, refreshToken, key);
  assert.equal(retriedAgain.refreshToken, retried.refreshToken);

  await clock.advance(61);
  assertRefused(await refresh(api, userRealm, refreshToken, otherKey), 'refresh_token_reused');
  assertRefused(await refresh(api, userRealm, retried.refreshToken), 'invalid_refresh_token');
  assert.equal(await statusOfMe(api, userRealm, retried.accessToken), 401);
});

for (const realm of realms) {
  test(`F08 ${realm.kind}: the same key gives the same refresh token for 60 seconds`, async (t) => {
    const test = await createTestApp(t);
    const { api, clock } = test;
    const first = await signedInTo(test, realm);
    const second = await refreshed(api, realm, first.refreshToken, key);
    await clock.advance(59);
    const again = await refreshed(api, realm, first.refreshToken, key);
    assert.equal(again.refreshToken, second.refreshToken);
    assert.notEqual(again.accessToken, second.accessToken);
    assert.equal(await statusOfMe(api, realm, again.accessToken), 200);

    await clock.advance(2);
    assertRefused(await refresh(api, realm, first.refreshToken, key), 'refresh_token_reused');
    assertRefused(await refresh(api, realm, second.refreshToken), 'invalid_refresh_token');
  });
}

test('another key, or none, is a race within 30 seconds and a theft after', async (t) => {
  const test = await createTestApp(t);
  const { api, clock } = test;
  const first = await signedInUser(test);
  const second = await refreshed(api, userRealm, first.refreshToken, key);
  assertRefused(
    await refresh(api, userRealm, first.refreshToken, otherKey),
    'refresh_token_rotated',
  );
  assertRefused(await refresh(api, userRealm, first.refreshToken), 'refresh_token_rotated');
  await clock.advance(31);
  assertRefused(
    await refresh(api, userRealm, first.refreshToken, otherKey),
    'refresh_token_reused',
  );
  assertRefused(await refresh(api, userRealm, second.refreshToken), 'invalid_refresh_token');
});

test('a missing key matches no key, and a key does not carry over to the next refresh', async (t) => {
  const test = await createTestApp(t);
  const { api } = test;
  const first = await signedInUser(test);
  const second = await refreshed(api, userRealm, first.refreshToken);
  assertRefused(await refresh(api, userRealm, first.refreshToken), 'refresh_token_rotated');
  assertRefused(await refresh(api, userRealm, first.refreshToken, key), 'refresh_token_rotated');
  const third = await refreshed(api, userRealm, second.refreshToken, key);
  const fourth = await refreshed(api, userRealm, third.refreshToken);
  assertRefused(await refresh(api, userRealm, third.refreshToken, key), 'refresh_token_rotated');
  await refreshed(api, userRealm, fourth.refreshToken);
});

test('I3 the right key does not help a token two rotations old: its family ends', async (t) => {
  const test = await createTestApp(t);
  const { api } = test;
  const first = await signedInUser(test);
  const second = await refreshed(api, userRealm, first.refreshToken, key);
  const third = await refreshed(api, userRealm, second.refreshToken, key);
  assertRefused(await refresh(api, userRealm, first.refreshToken, key), 'refresh_token_reused');
  assertRefused(await refresh(api, userRealm, second.refreshToken, key), 'invalid_refresh_token');
  assertRefused(await refresh(api, userRealm, third.refreshToken), 'invalid_refresh_token');
});

test("a lost answer is not repeated after deactivation or the session's end", async (t) => {
  const test = await createTestApp(t);
  const { api, db } = test;
  const deactivated = await signedInUser(test);
  const lost = await refreshed(api, userRealm, deactivated.refreshToken, key);
  await db
    .updateTable('users')
    .set({ is_active: false })
    .where('id', '=', deactivated.id)
    .execute();
  assertRefused(
    await refresh(api, userRealm, deactivated.refreshToken, key),
    'invalid_refresh_token',
  );
  assertRefused(await refresh(api, userRealm, lost.refreshToken), 'invalid_refresh_token');

  const ended = await signedInUser(test);
  await refreshed(api, userRealm, ended.refreshToken, key);
  assertStatus(await api.post('/api/users/logout', { refresh_token: ended.refreshToken }), 204);
  assertRefused(await refresh(api, userRealm, ended.refreshToken, key), 'invalid_refresh_token');
});

for (const encoding of ['hex', 'base64url'] as const) {
  test(`F08 four concurrent refreshes keyed by SHA-256 in ${encoding} all succeed`, async (t) => {
    const test = await createTestApp(t);
    const { api } = test;
    let { refreshToken } = await signedInUser(test);
    for (let round = 0; round < (onPostgres ? 5 : 2); round += 1) {
      const digest = createHash('sha256').update(refreshToken).digest(encoding);
      const pairs = await Promise.all(
        Array.from({ length: 4 }, () => refreshed(api, userRealm, refreshToken, digest)),
      );
      const successors = new Set(pairs.map((pair) => pair.refreshToken));
      assert.equal(successors.size, 1);
      for (const { accessToken } of pairs)
        assert.equal(await statusOfMe(api, userRealm, accessToken), 200);
      [refreshToken = ''] = successors;
    }
  });
}

test('of four concurrent refreshes without a key one succeeds; the session survives', async (t) => {
  const test = await createTestApp(t);
  let { refreshToken } = await signedInUser(test);
  for (let round = 0; round < (onPostgres ? 5 : 2); round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => refresh(test.api, userRealm, refreshToken)),
    );
    const [won, ...others] = answers.filter(({ status }) => status === 200);
    assert.deepEqual(others, []);
    for (const lost of answers.filter(({ status }) => status !== 200)) {
      assertRefused(lost, 'refresh_token_rotated');
    }
    refreshToken = won?.body.refresh_token;
  }
  await refreshed(test.api, userRealm, refreshToken);
});

test('an Idempotency-Key has 16 to 64 characters; others are refused without effect', async (t) => {
  const test = await createTestApp(t);
  let { refreshToken } = await signedInUser(test);
  for (const length of [1, 15, 65, 1000]) {
    const answer = await refresh(test.api, userRealm, refreshToken, 'k'.repeat(length));
    assertStatus(answer, 422);
    assert.equal(answer.body.details.errors[0].field, 'idempotency-key');
  }
  for (const length of [16, 64]) {
    ({ refreshToken } = await refreshed(test.api, userRealm, refreshToken, 'k'.repeat(length)));
  }
});

/** Sends a refresh over a socket, and destroys the socket unread once the token is used. */
async function refreshAndVanish(
  { app, db }: TestApp,
  refreshToken: string,
  idempotencyKey: string,
) {
  const { port } = app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const body = JSON.stringify({ refresh_token: refreshToken });
  const head = [
    'POST /api/users/refresh HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    `Idempotency-Key: ${idempotencyKey}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  const spent = db.selectFrom('sessions').select('id').where('generation', '=', 1);
  while ((await spent.execute()).length === 0) await new Promise(setImmediate);
  socket.destroy();
}
