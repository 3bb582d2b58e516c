import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { realms } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { signedInUser } from '../factories.ts';
import { occupyThread, textOf, until } from '../occupied-thread.ts';
import { exchange } from '../raw-http.ts';
import { newPassword } from '../reset-calls.ts';
import { signedInTo } from '../session-calls.ts';
import { dumpRows } from '../stored-passwords.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const oneThread = { HASH_THREADS: '1' };

/** Returns a function that ends the time of the requests that began since, unless they cleared it. */
function holdTimeLimits(t: TestContext): () => void {
  const limits = new Map<unknown, () => void>();
  const { setTimeout: start, clearTimeout: clear } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (run: typeof end, ms: number, ...given: []) => {
    const timer = start(run, ms, ...given);
    if (ms === 10_000) limits.set(timer, () => run(...given));
    return timer;
  });
  t.mock.method(globalThis, 'clearTimeout', (timer: NodeJS.Timeout) => {
    limits.delete(timer);
    clear(timer);
  });
  const end = (): void => {
    for (const expire of limits.values()) expire();
  };
  return end;
}

/** Sends a request, lets its time run out while it is queued for its hash, and returns the answer. */
async function answerOverTime(t: TestContext, service: TestApp, text: string): Promise<Answer> {
  const { state } = service.hasher;
  const letGo = occupyThread(t, service);
  const endTime = holdTimeLimits(t);
  const exchanging = exchange(service.app, text, { answers: 1 });
  await until(() => state.queued === 1, 'queued');
  endTime();
  const { answers } = await exchanging;
  await until(() => state.queued === 0, 'removed from the queue');
  await letGo();
  const [answer] = answers;
  assert.ok(answer);
  return answer;
}

for (const realm of realms) {
  test(`${realm.kind}: a sign-in that waits too long for its hash is 503 and leaves the queue`, async (t) => {
    const service = await createTestApp(t, oneThread, { alone: true });
    const { username, password } = await signedInTo(service, realm);
    const before = await dumpRows(service);
    const logged = service.logs().length;
    const call = { path: `${realm.path}/login`, body: { username, password } };
    const answer = await answerOverTime(t, service, textOf(call));
    assertStatus(answer, 503);
    assert.match(String(answer.headers['retry-after']), /^[1-3]$/);
    assert.equal(await dumpRows(service), before, 'no counter, no event, no session');
    const told = service
      .logs()
      .slice(logged)
      .split('\n')
      .filter((line) => line.includes('not answered'));
    assert.equal(told.length, 1);
    assertStatus(await service.api.post(call.path, call.body), 200);
  });
}

test('a keyed change over its time is 503, changes nothing, and can be repeated', async (t) => {
  const service = await createTestApp(t, oneThread, { alone: true });
  const user = await signedInUser(service);
  const change = { current_password: user.password, new_password: newPassword };
  const headers = { 'idempotency-key': 'the time of this one runs out' };
  const path = '/api/users/change-password';
  const call = { path, body: change, token: user.accessToken, headers };
  assertStatus(await answerOverTime(t, service, textOf(call)), 503);
  const { username, password } = user;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 200);
  assertStatus(await service.api.post(path, change, { token: user.accessToken, headers }), 200);
  assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
});
