import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from './two-samples.ts';

const even = Array.from({ length: 100 }, (_, index) => 50 + (index % 10) / 10);

test('two samples of one source are indistinguishable', () => {
  const { medianDifference, auc, toldApart } = compare(even, even.toReversed());
  assert.deepEqual(
    { medianDifference, auc, toldApart },
    { medianDifference: 0, auc: 0.5, toldApart: false },
  );
});

test('a sample that is always slightly faster is distinguished by rank', () => {
  const quicker = even.map((value) => value - 2);
  const { medianDifference, auc, toldApart } = compare(quicker, even);
  assert.ok(Math.abs(medianDifference + 2) < 1e-9);
  assert.equal(auc, 0);
  assert.equal(toldApart, true);
  assert.equal(compare(even, quicker).auc, 1);
});

test('up to 5 % of much slower values do not distinguish a sample', () => {
  const withPauses = even.map((value, index) => (index % 20 === 0 ? value + 500 : value));
  assert.equal(compare(withPauses, even).toldApart, false);
});

test('a difference of the medians up to 10 ms, or 5 % if that is more, is accepted', () => {
  const mixed = (late: number) =>
    even.map((value, index) => (index % 5 < 3 ? value + late : value - 2 * late));
  assert.equal(compare(mixed(5), even).toldApart, false);
  assert.equal(compare(mixed(15), even).toldApart, true);
  const [slow, slower] = [even, mixed(15)].map((sample) => sample.map((value) => value + 950));
  assert.equal(compare(slower ?? [], slow ?? []).toldApart, false);
});
