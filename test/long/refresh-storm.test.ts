import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { findFaults, type Seen } from '../attacks/refresh-history.ts';
import { type Person, runStorm } from '../attacks/refresh-storm.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { assertRefused, refresh } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const load = { clients: 8, operations: 40 };

test('I1 to I5 hold in a storm of refreshes, logouts, changes and deactivations', async (t) => {
  const test = await createTestApp(t);
  const { accessToken: adminToken } = await signedInAdmin(test);
  const events: Events = { won: 0, refused: 0, revocations: 0, repeats: 0 };
  // The order of the requests is random: a storm in which too little happened is repeated.
  for (let storms = 0; storms < 8 && !isEventful(events); storms += 1) {
    const seed = randomInt(2 ** 31);
    t.diagnostic(`seed ${seed}`);
    const people = [await newPerson(test), await newPerson(test)];
    const storm = await runStorm({ api: test.api, adminToken, people }, { ...load, seed });
    assert.deepEqual(findFaults(storm.history), []);
    await assertNewestAloneLives(test, storm);
    addEvents(events, storm.history);
  }
  assert.ok(isEventful(events), JSON.stringify(events));
});

/** I2: only the newest token of each session is valid, unless the session has ended. */
async function assertNewestAloneLives(
  { api }: TestApp,
  { history, sessions }: Awaited<ReturnType<typeof runStorm>>,
): Promise<void> {
  const revocations = history.filter((seen) => seen.kind === 'revocation' && seen.status < 300);
  const ended = new Set(
    history.flatMap((seen) => (seen.kind === 'revocation' ? seen.families : [])),
  );
  for (const { family, tokens, login } of sessions) {
    const [newest = '', ...older] = tokens.toReversed();
    const answer = await refresh(api, userRealm, newest);
    const mayBeEnded = revocations.some(({ start, end }) => start < login.end && end > login.start);
    if (ended.has(family)) assertRefused(answer, 'invalid_refresh_token');
    else if (!mayBeEnded) assertStatus(answer, 200);
    for (const token of older) {
      assert.equal((await refresh(api, userRealm, token)).status, 401);
    }
  }
}

test('the checker of the storm finds every kind of violation in a made-up history', () => {
  const token = (family: number, generation: number, secret = 0) => {
    const bytes = Buffer.alloc(68, secret);
    bytes.fill(family, 0, 16);
    bytes.writeUInt32BE(generation, 16);
    return `r1.${bytes.toString('base64url')}`;
  };
  const family = Buffer.alloc(16, 1).toString('hex');
  const at = (start: number, status = 200) => ({ start, end: start + 1, status });
  const refreshing = (start: number, tokenIn: string, tokenOut: string): Seen => {
    return { kind: 'refresh', ...at(start), tokenIn, tokenOut };
  };
  const good: Seen[] = [
    refreshing(0, token(1, 0), token(1, 1)),
    refreshing(2, token(1, 0), token(1, 1)),
    refreshing(4, token(1, 1), token(1, 2)),
    { kind: 'use', ...at(6), family },
    { kind: 'revocation', ...at(8, 204), families: [family] },
    { kind: 'use', ...at(10, 401), family },
  ];
  const faulty: [string, Seen][] = [
    ['a token has two successors', refreshing(2, token(1, 0), token(1, 1, 9))],
    ['a successor is not the next of its family', refreshing(7, token(1, 2), token(1, 4))],
    ['a successor is not the next of its family', refreshing(7, token(1, 2), token(2, 3))],
    ['a token worked after its successor was used', refreshing(6, token(1, 0), token(1, 1))],
    ['a refresh succeeded after its session was ended', refreshing(10, token(1, 2), token(1, 3))],
    ['a use succeeded after its session was ended', { kind: 'use', ...at(10), family }],
    ['use: answered 503', { kind: 'use', ...at(1, 503), family }],
    ['use: took too long', { kind: 'use', start: 0, end: 10_001, status: 401, family }],
  ];
  assert.deepEqual(findFaults(good), []);
  for (const [fault, seen] of faulty) assert.deepEqual(findFaults([...good, seen]), [fault]);
});

async function newPerson(test: TestApp): Promise<Person> {
  const { id, username, password } = await signedInUser(test);
  return { id, username, password, families: [] };
}

type Events = { won: number; refused: number; revocations: number; repeats: number };

function addEvents(events: Events, history: readonly Seen[]): void {
  const refreshes = history.filter((seen) => seen.kind === 'refresh');
  const won = refreshes.filter(({ status }) => status === 200);
  events.won += won.length;
  events.refused += refreshes.length - won.length;
  events.revocations += history.filter(
    (seen) => seen.kind === 'revocation' && seen.families.length > 0,
  ).length;
  events.repeats += won.length - new Set(won.map(({ tokenOut }) => tokenOut)).size;
}

function isEventful({ won, refused, revocations, repeats }: Events): boolean {
  return won > 50 && refused > 10 && revocations > 10 && repeats > 0;
}
