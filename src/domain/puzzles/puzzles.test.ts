import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, solve } from '../../../test/puzzle-calls.ts';
import { createKeyRing } from '../../platform/crypto/secret-keys.ts';
import { checkSolution, makePuzzle } from './puzzles.ts';

const keys = createKeyRing('a secret of these tests, and of no other');
const use = { action: 'register', network: '192.0.2.1' };
const now = new Date('2026-01-31T09:26:03Z');

test('the number to be found is one of those that were asked for, and not always the same', async () => {
  const found = new Set<number>();
  for (let round = 0; round < 30; round += 1) {
    const { solution } = await solve(await makePuzzle(keys, use, { numbers: 6, now }));
    assert.ok(solution.counter >= 1 && solution.counter <= 6, `${solution.counter}`);
    found.add(solution.counter);
  }
  assert.ok(found.size > 3);
});

test('two solutions of one puzzle are one, and of two puzzles two', async () => {
  const check = async (puzzle: string) => {
    const solution = encode(await solve(puzzle));
    return checkSolution(keys, use, { solution, now });
  };
  const [one, other] = [
    await makePuzzle(keys, use, { numbers: 3, now }),
    await makePuzzle(keys, use, { numbers: 3, now }),
  ];
  assert.deepEqual(await check(one), await check(one));
  assert.notDeepEqual(await check(one), await check(other));
});

test('a puzzle is of use until its five minutes are over, by the clock of the service', async () => {
  const puzzle = await makePuzzle(keys, use, { numbers: 3, now });
  const solution = encode(await solve(puzzle));
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  assert.ok(await checkSolution(keys, use, { solution, now: after(299) }));
  assert.equal(await checkSolution(keys, use, { solution, now: after(300) }), null);
});

test('a puzzle fits into a header with room to spare', async () => {
  const puzzle = await makePuzzle(keys, use, { numbers: 12_800, now });
  assert.ok(puzzle.length < 700, `${puzzle.length}`);
});
