import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { getRequest, load } from './load.ts';
import { regressions, resultOf, runWorkload } from './slot.ts';

const throughput = {
  name: 'requests a second',
  unit: '× the floor',
  bar: 0.8,
  atLeast: true,
  of: ({ ours, floor }: { ours: number; floor: number }) => ours / floor,
};

async function listen(t: TestContext, handle: RequestListener): Promise<number> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('a handler that is slowed on purpose misses its target and is worse than before', async (t) => {
  let isSlow = false;
  const answer: RequestListener = (_request, response) => void response.end('ok');
  const floor = await listen(t, answer);
  const ours = await listen(t, (request, response) => {
    if (isSlow) setTimeout(() => answer(request, response), 20);
    else answer(request, response);
  });
  const talks = Array.from({ length: 4 }, () => ({ next: () => getRequest('/', 'token') }));
  const perSecondOf = (port: number) => async (time: number) =>
    (await load(port, talks, time)).perSecond;
  const contestants = { ours: perSecondOf(ours), floor: perSecondOf(floor) };
  const measure = () =>
    runWorkload('slowed', { contestants, targets: [throughput] }, { rounds: 3, milliseconds: 60 });
  const before = (await measure()).results;
  isSlow = true;
  const now = (await measure()).results;
  assert.equal(now[0]?.met, false, JSON.stringify(now));
  assert.deepEqual(
    regressions(before, now).map((line) => line.split(':')[0]),
    ['requests a second'],
  );
});

test('contestants take turns, and the first round counts for none', async () => {
  const order: string[] = [];
  const take = (name: string, value: number) => async () => {
    order.push(name);
    return order.length > 2 ? value : 1000;
  };
  const contestants = { ours: take('ours', 3), floor: take('floor', 2) };
  const size = { rounds: 2, milliseconds: 0 };
  const { results } = await runWorkload('turns', { contestants, targets: [throughput] }, size);
  assert.deepEqual(order, ['ours', 'floor', 'ours', 'floor', 'ours', 'floor']);
  assert.deepEqual(
    results.map(({ value, least, most }) => [value, least, most]),
    [[1.5, 1.5, 1.5]],
  );
});

test('what lies within the spread of either run, or a tenth, is no regression', () => {
  const of = (values: number[]) => [resultOf({ ...throughput, bar: 0 }, values)];
  assert.deepEqual(regressions(of([1, 1, 1]), of([0.95, 0.95, 0.95])), []);
  assert.deepEqual(regressions(of([1, 1, 1]), of([0.7, 0.7, 1.1])), []);
  assert.equal(regressions(of([1, 1, 1]), of([0.7, 0.7, 0.8])).length, 1);
  assert.deepEqual(regressions(of([1, 1, 1]), of([2, 2, 2])), []);
});

test('of a latency more is worse', () => {
  const of = (values: number[]) => [resultOf({ ...throughput, bar: 9, atLeast: false }, values)];
  assert.equal(regressions(of([1, 1, 1]), of([1.3, 1.3, 1.3])).length, 1);
  assert.deepEqual(regressions(of([1, 1, 1]), of([0.5, 0.5, 0.5])), []);
});

test('an answer other than success ends the measurement', async (t) => {
  const port = await listen(t, (_request, response) => void response.writeHead(503).end('busy'));
  const talk = { next: () => getRequest('/', 'token') };
  await assert.rejects(load(port, [talk], 50), /503/);
});
