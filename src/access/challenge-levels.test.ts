import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyRing } from '../platform/crypto/secret-keys.ts';
import { createMemoryLimiter } from '../platform/rate-limit/memory-limiter.ts';
import { createChallengeLevels } from './challenge-levels.ts';

const keys = createKeyRing('a secret of these tests, and of no other');

function open() {
  const clock = { seconds: 0 };
  const limiter = createMemoryLimiter({ now: () => clock.seconds * 1000 });
  return { clock, levels: createChallengeLevels(limiter, keys) };
}

test('each doubling of the requests of a network is a level, up to the sixth', async () => {
  const { levels } = open();
  const reached: number[] = [];
  for (let count = 1; count <= 400; count += 1) {
    const level = await levels.raise('register', { network: '192.0.2.1', name: null });
    if (level !== reached.length) {
      assert.equal(level, reached.length + 1);
      reached.push(count);
    }
  }
  assert.deepEqual(reached, [4, 6, 12, 24, 48, 96]);
});

test('a window ends after ten minutes', async () => {
  const { clock, levels } = open();
  const asker = { network: '192.0.2.1', name: null };
  for (let count = 0; count < 8; count += 1) await levels.raise('register', asker);
  clock.seconds = 601;
  assert.equal(await levels.raise('register', asker), 0);
});

test('failures count for the name, the network and all, and are read without a count', async () => {
  const { levels } = open();
  const asker = { network: '192.0.2.1', name: 'Ada' };
  const read = (network: string, name: string) => levels.read('sign-in', { network, name });
  assert.deepEqual(await read('192.0.2.1', 'ada'), { level: 0, isKnown: false });
  for (let count = 0; count < 4; count += 1) await levels.raise('sign-in', asker);
  for (let again = 0; again < 3; again += 1) {
    assert.deepEqual(await read('192.0.2.9', 'aDA'), { level: 1, isKnown: true });
    assert.deepEqual(await read('192.0.2.1', 'grace'), { level: 0, isKnown: true });
    assert.deepEqual(await read('192.0.2.9', 'grace'), { level: 0, isKnown: false });
  }
  for (let other = 0; other < 120; other += 1)
    await levels.raise('sign-in', { network: `198.51.100.${other}`, name: `name ${other}` });
  assert.deepEqual(await read('192.0.2.9', 'grace'), { level: 1, isKnown: false });
});
