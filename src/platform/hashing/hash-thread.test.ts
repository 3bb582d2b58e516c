import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHashThread } from './hash-thread.ts';

const target = { algorithm: 'bcrypt', bcryptRounds: 4 } as const;

test('a thread does one job after another', async (t) => {
  const thread = createHashThread();
  t.after(() => thread.terminate());
  for (let job = 0; job < 2; job += 1) {
    const result = await thread.run({ kind: 'hash', password: 'x', target });
    assert.ok(result.ok && result.milliseconds > 0);
    assert.match((result.value as { hash: string }).hash, /^\$2b\$04\$/);
  }
  assert.ok(thread.isAlive());
});

test('a terminated thread fails its job with the exit code as the cause', async () => {
  const thread = createHashThread();
  const running = thread.run({ kind: 'hash', password: 'x', target: { ...target, bcryptRounds: 12 } });
  await thread.terminate();
  const result = await running;
  assert.ok(!result.ok);
  assert.match((result.cause as Error).message, /^a hashing thread ended with code [01]$/);
  assert.equal(thread.isAlive(), false);
});
