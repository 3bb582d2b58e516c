import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { afterNextHash } from '../after-next-hash.ts';
import type { Answer } from '../answer.ts';
import { type Api, assertStatus } from '../api.ts';
import { move } from '../email-calls.ts';
import { signedInUser, signIn } from '../factories.ts';
import { startReplica } from '../second-app.ts';
import { assertRefused, refresh, refreshed, signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { onPostgres } from '../test-database.ts';

const parallel = 20;
// The embedded engine runs transactions one after the other.
const rounds = onPostgres ? 10 : 3;
const idempotencyKey = 'one client attempt, sent repeatedly';

for (const realm of realms) {
  test(`F03 ${realm.kind}: one of twenty refreshes wins; the session survives`, async (t) => {
    const test = await createTestApp(t);
    let token = (await signedInTo(test, realm)).refreshToken;
    for (let round = 0; round < rounds; round += 1) {
      await passLimit(test, round);
      token = await raceOnce([test.api], realm, token);
    }
  });
}

test('F04 of twenty refreshes on two replicas one wins, in a hundred rounds', {
  skip: !onPostgres && 'the embedded engine has one connection, so there is no second replica',
}, async (t) => {
  const test = await createTestApp(t);
  const replica = await startReplica(t, test);
  let token = (await signedInUser(test)).refreshToken;
  for (let round = 0; round < 100; round += 1) {
    await passLimit(test, round);
    token = await raceOnce([test.api, replica], userRealm, token);
  }
});

for (const { name, overrides, key } of [
  { name: 'one Idempotency-Key', overrides: {}, key: idempotencyKey },
  { name: 'REFRESH_GRACE_SECONDS', overrides: { REFRESH_GRACE_SECONDS: '10' }, key: undefined },
]) {
  test(`F03 with ${name} twenty concurrent refreshes all get the same successor`, async (t) => {
    const test = await createTestApp(t, overrides);
    let token = (await signedInUser(test)).refreshToken;
    for (let round = 0; round < rounds; round += 1) {
      await passLimit(test, round);
      const answers = await refreshAtOnce([test.api], userRealm, token, key);
      for (const answer of answers) assertStatus(answer, 200);
      const successors = new Set(answers.map((answer) => answer.body.refresh_token));
      assert.equal(successors.size, 1);
      assert.equal(await statusOfMe(test.api, userRealm, answers.at(-1)?.body.access_token), 200);
      const [successor] = successors;
      assert.notEqual(successor, token);
      token = successor;
    }
    await refreshed(test.api, userRealm, token);
  });
}

test('a refresh that races with a logout of its session leaves no valid token', async (t) => {
  const test = await createTestApp(t);
  const account = await signedInUser(test);
  for (let round = 0; round < rounds; round += 1) {
    const { refreshToken, accessToken } = await signIn(test, userRealm, account);
    const [refreshAnswer, logoutAnswer] = await Promise.all([
      refresh(test.api, userRealm, refreshToken),
      test.api.post('/api/users/logout', { refresh_token: refreshToken }),
    ]);
    assertStatus(logoutAnswer, 204);
    assert.ok([200, 401].includes(refreshAnswer.status), refreshAnswer.text);
    const last = refreshAnswer.status === 200 ? refreshAnswer.body.refresh_token : refreshToken;
    assertRefused(await refresh(test.api, userRealm, last), 'invalid_refresh_token');
    assert.equal(await statusOfMe(test.api, userRealm, accessToken), 401);
  }
});

test('an account deactivated while its login waits for the hash opens no session', async (t) => {
  const test = await createTestApp(t);
  const { api, db } = test;
  const account = await signedInUser(test);
  afterNextHash(t, test, 'verify', () =>
    db.updateTable('users').set({ is_active: false }).where('id', '=', account.id).execute(),
  );
  const { username, password } = account;
  assertStatus(await api.post('/api/users/login', { username, password }), 401);
  assert.equal((await db.selectFrom('sessions').select('id').execute()).length, 1);
});

test('two concurrent revocations of many sessions do not deadlock', {
  skip: !onPostgres && 'the embedded engine has one connection, so nothing waits for a lock',
}, async (t) => {
  const test = await createTestApp(t);
  const { api, db } = test;
  const account = await signedInUser(test);
  const middle = await signIn(test, userRealm, account);
  const last = await signIn(test, userRealm, account);
  const answers: Promise<Answer>[] = [];
  await db.transaction().execute(async (trx) => {
    const locked = trx.selectFrom('sessions').select('id').orderBy('id').offset(1).limit(1);
    await locked.forUpdate().execute();
    // Holds the first session, waits for the middle one.
    answers.push(api.post('/api/users/logout-all', undefined, { token: middle.accessToken }));
    await untilWaiting(db, 1);
    // Holds the last session, would wait for the first.
    answers.push(move(test, last, 'new@example.com'));
    await untilWaiting(db, 2);
  });
  const [loggedOut, changed] = await Promise.all(answers);
  assert.ok(loggedOut && changed);
  assertStatus(loggedOut, 204);
  assertStatus(changed, 401);
});

async function untilWaiting(db: Database, count: number): Promise<void> {
  const waiting = sql<{ count: number }>`SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await waiting.execute(db)).rows[0]?.count !== count) await new Promise(setImmediate);
}

/** A session may refresh six hundred times an hour, and a round takes twenty. */
async function passLimit({ clock }: TestApp, round: number): Promise<void> {
  if (round % 25 === 24) await clock.advance(3601);
}

/**
 * Checks for one successor, one valid token and no failure, as a long wait is one; returns the
 * token.
 */
async function raceOnce(replicas: Api[], realm: Realm, token: string): Promise<string> {
  const answers = await refreshAtOnce(replicas, realm, token);
  const won = answers.filter((answer) => answer.status === 200);
  assert.equal(won.length, 1);
  for (const answer of answers) {
    if (answer.status !== 200) assertRefused(answer, 'refresh_token_rotated');
  }
  const { access_token: accessToken, refresh_token: successor } = won[0]?.body ?? {};
  for (const api of replicas) assert.equal(await statusOfMe(api, realm, accessToken), 200);
  return successor;
}

function refreshAtOnce(
  replicas: Api[],
  realm: Realm,
  token: string,
  key?: string,
): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: parallel }, (_, at) => {
      const api = replicas[at % replicas.length];
      assert.ok(api);
      return refresh(api, realm, token, key);
    }),
  );
}
