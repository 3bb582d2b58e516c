import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashSync } from '@node-rs/bcrypt';
import { createHashPool } from './hash-pool.ts';
import { missingWork, spendWork } from './hash-work.ts';
import { hashPasswordSync, type ReadPassword } from './password-schemes.ts';

const bcryptTail = '$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe';
const argon2Tail = '$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';

function bcrypt(cost: number): ReadPassword {
  const hash = `$2b$${String(cost).padStart(2, '0')}${bcryptTail}`;
  return { scheme: 'bcrypt', hash, key: null };
}

function argon2id(costs: string): ReadPassword {
  return { scheme: 'argon2id', hash: `$argon2id$v=19$${costs}${argon2Tail}`, key: null };
}

const toBcrypt = (bcryptRounds: number) => ({ algorithm: 'bcrypt', bcryptRounds }) as const;
const toArgon2id = { algorithm: 'argon2id', bcryptRounds: 12 } as const;

test('a cheaper bcrypt hash is topped up with one hash of each cost below the target', () => {
  for (const [cost, target] of [
    [4, 15],
    [10, 12],
    [11, 12],
  ] as const) {
    const costs = missingWork(bcrypt(cost), toBcrypt(target)).map(
      (idle) => 'cost' in idle && idle.cost,
    );
    const all = Array.from({ length: target - cost }, (_, index) => cost + index);
    assert.deepEqual(costs, all);
  }
});

test('a hash that costs at least as much as the target gets no top-up', () => {
  for (const cost of [12, 13, 15]) assert.deepEqual(missingWork(bcrypt(cost), toBcrypt(12)), []);
  for (const costs of ['m=19456,t=2,p=1', 'm=47104,t=1,p=1']) {
    assert.deepEqual(missingWork(argon2id(costs), toArgon2id), []);
  }
  assert.deepEqual(missingWork(bcrypt(10), toArgon2id), []);
});

test('a hash of another scheme is topped up to the target, as closely as possible', () => {
  const expected = [{ algorithm: 'bcryptUntil', cost: 12 }];
  assert.deepEqual(missingWork(argon2id('m=19456,t=2,p=1'), toBcrypt(12)), expected);
  // 256 rounds equal 16,384 KiB; two passes over 11,264 KiB are the rest.
  const idle = { algorithm: 'argon2id', memory: 11_264, passes: 2 };
  assert.deepEqual(missingWork(bcrypt(8), toArgon2id), [idle]);
  assert.deepEqual(missingWork(argon2id('m=19456,t=1,p=1'), toArgon2id), [
    { ...idle, memory: 9728 },
  ]);
});

for (const [what, elapsedMs] of [
  ['a check that took nearly no time', 0],
  ['a check that took most of the time', 10],
] as const) {
  test(`${what} goes on until bcrypt of the target's cost would be done`, () => {
    assertInSomeRun(() => {
      const full = millisecondsOf(() => hashSync('', { cost: 8 }));
      const toppedUp = millisecondsOf(() =>
        spendWork([{ algorithm: 'bcryptUntil', cost: 8 }], elapsedMs),
      );
      const ratio = (elapsedMs + toppedUp) / full;
      return { holds: ratio > 0.5 && ratio < 2, shown: ratio };
    });
  });
}

test('a check that took longer than the target ends soon', () => {
  assertInSomeRun(() => {
    const full = millisecondsOf(() => hashSync('', { cost: 8 }));
    const more = millisecondsOf(() => spendWork([{ algorithm: 'bcryptUntil', cost: 8 }], 3 * full));
    return { holds: more < full / 2, shown: more / full };
  });
});

/** Other load may delay any single run. */
function assertInSomeRun(run: () => { holds: boolean; shown: number }): void {
  const shown: number[] = [];
  while (shown.length < 20) {
    const measured = run();
    if (measured.holds) return;
    shown.push(measured.shown);
  }
  assert.fail(`${shown}`);
}

function millisecondsOf(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

test('a thread does the top-up of either scheme, for right and wrong passwords', async (t) => {
  const pool = createHashPool(1);
  t.after(() => pool.close());
  const stored = hashPasswordSync('right', toBcrypt(4));
  for (const password of ['right', 'wrong']) {
    for (const target of [toBcrypt(11), toArgon2id]) {
      const milliseconds = async (topUp: ReturnType<typeof missingWork>): Promise<number> => {
        const result = await pool.run({ kind: 'verify', password, stored, topUp });
        assert.ok(result.ok);
        assert.equal(result.value, password === 'right');
        return result.milliseconds;
      };
      const without = [await milliseconds([]), await milliseconds([]), await milliseconds([])];
      // Really 40 to 100 times as much, but other load may delay any single run.
      assert.ok((await milliseconds(missingWork(stored, target))) > 5 * Math.min(...without));
    }
  }
});
