import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { realms } from '../../src/domain/realms/realms.ts';
import { answerMilliseconds } from '../../src/platform/http/http-server.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { signedInUser } from '../factories.ts';
import { occupyThread } from '../occupied-thread.ts';
import { callText, exchange } from '../raw-http.ts';
import { newPassword } from '../reset-calls.ts';
import { signedInTo } from '../session-calls.ts';
import { dumpRows } from '../stored-passwords.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { until } from '../until.ts';
import { watchTimers } from '../watched-timers.ts';

const oneThread = { HASH_THREADS: '1' };

/** Sends a request, lets its time run out while it is queued for its hash, and returns the answer. */
async function answerOverTime(t: TestContext, service: TestApp, text: string): Promise<Answer> {
  const { state } = service.hasher;
  const letGo = occupyThread(t, service);
  const limits = watchTimers(t, answerMilliseconds);
  const exchanging = exchange(service.app, text, { answers: 1 });
  await until(() => state.queued === 1, 'queued');
  limits.expire();
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
    const answer = await answerOverTime(t, service, callText(call));
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
  assertStatus(await answerOverTime(t, service, callText(call)), 503);
  const { username, password } = user;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 200);
  assertStatus(await service.api.post(path, change, { token: user.accessToken, headers }), 200);
  assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
});

test('a keyed change over its time in its transaction: one answer, and nothing done twice', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const user = await signedInUser(service);
  const limits = watchTimers(t, answerMilliseconds);
  const interrupted = onStatement(t, service, /update "users"/, () => limits.expire());
  const path = '/api/users/me';
  const body = { full_name: 'Changed Name' };
  const options = {
    token: user.accessToken,
    headers: { 'idempotency-key': 'its time runs out in the end' },
  };
  const text = callText({ method: 'PUT', path, body, ...options });
  const { answers } = await exchange(service.app, text, { answers: 1 });
  await interrupted;
  const [answer] = answers;
  assert.ok(answer);
  assertStatus(answer, 503);
  assert.equal(answer.body.error, 'ServiceUnavailableError');
  assert.equal(answer.headers.etag, undefined);
  const me = await service.api.get(path, options);
  const isDone = me.body.full_name === body.full_name;
  const again = await service.api.put(path, body, options);
  assertStatus(again, isDone ? 409 : 200);
  assertStatus(
    await service.api.put(path, { full_name: 'Another' }, { token: options.token }),
    200,
  );
});

/** Calls back in the middle of a request, once; resolves then. */
function onStatement(
  t: TestContext,
  { statements }: TestApp,
  pattern: RegExp,
  call: () => void,
): Promise<void> {
  const executed = statements() as string[];
  const { promise, resolve } = Promise.withResolvers<void>();
  const restore = (): boolean => Reflect.deleteProperty(executed, 'push');
  executed.push = (text) => {
    if (pattern.test(text)) {
      restore();
      call();
      resolve();
    }
    return Array.prototype.push.call(executed, text);
  };
  t.after(restore);
  return promise;
}
