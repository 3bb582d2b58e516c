import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averageWith, capacityWithin, expectedMilliseconds } from './hash-time.ts';

test('the average starts with the first hash; each later one has a weight of a tenth', () => {
  assert.equal(averageWith(0, 250), 250);
  assert.equal(averageWith(100, 200), 110);
  assert.equal(averageWith(100, 50), 95);
});

test('a sample counts as at most four times the average, as after a suspend', () => {
  assert.equal(averageWith(100, 400), 130);
  assert.equal(averageWith(100, 3_600_000), 130);
});

test('the capacity is what can be hashed in the time, and at least one', () => {
  assert.equal(capacityWithin(2, 3, 250), 24);
  assert.equal(capacityWithin(1, 3, 700), 4);
  assert.equal(capacityWithin(1, 3, 3001), 1);
  assert.equal(capacityWithin(4, 3, 1e9), 1);
});

test('until one was measured, a hash is expected to take twice the time for each round more', () => {
  const expected = (bcryptRounds: number) =>
    expectedMilliseconds({ algorithm: 'bcrypt', bcryptRounds });
  assert.equal(Math.round(expected(10)), 61);
  assert.equal(expected(12), 4 * expected(10));
  assert.equal(expectedMilliseconds({ algorithm: 'argon2id', bcryptRounds: 10 }), 50);
});
