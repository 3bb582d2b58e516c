import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averageWith, capacityWithin } from './hash-time.ts';

test('the first hash is the average, and each later one moves it by a tenth', () => {
  assert.equal(averageWith(0, 250), 250);
  assert.equal(averageWith(100, 200), 110);
  assert.equal(averageWith(100, 50), 95);
});

test('a machine that was suspended in the middle of a hash counts as one that is four times as slow', () => {
  assert.equal(averageWith(100, 400), 130);
  assert.equal(averageWith(100, 3_600_000), 130);
});

test('so many may wait as are done in the time, and always one', () => {
  assert.equal(capacityWithin(2, 3, 250), 24);
  assert.equal(capacityWithin(1, 3, 700), 4);
  assert.equal(capacityWithin(1, 3, 3001), 1);
  assert.equal(capacityWithin(4, 3, 1e9), 1);
});
