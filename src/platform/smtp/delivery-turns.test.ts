import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTurns } from './delivery-turns.ts';

test('turns begin in order, one at a time; an attempt that ended early blocks nobody', async () => {
  const newTurn = createTurns(60_000);
  const [first, early, last] = [newTurn(), newTurn(), newTurn()];
  const begun: string[] = [];
  const begin = (name: string, turn: typeof first) =>
    turn.begin().then(() => void begun.push(name));
  const all = [begin('first', first), begin('early', early), begin('last', last)];
  early.end();
  await nextTurn();
  assert.deepEqual(begun, ['first']);
  first.end();
  await Promise.all(all);
  assert.deepEqual(begun, ['first', 'early', 'last']);
});

test('a turn that does not end blocks the next only for so long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const newTurn = createTurns(3000);
  await newTurn().begin();
  let hasBegun = false;
  const next = newTurn()
    .begin()
    .then(() => (hasBegun = true));
  t.mock.timers.tick(2999);
  await nextTurn();
  assert.equal(hasBegun, false);
  t.mock.timers.tick(1);
  await next;
});
