import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFairQueue, type FairQueue } from './fair-queue.ts';

test('clients are served in turn, however many jobs one of them has', () => {
  const queue = createFairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'])
    push(queue, item.charAt(0), item, 10);
  const served = Array.from({ length: 8 }, () => queue.shift());
  assert.deepEqual(served, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4', undefined]);
});

test('a lone client may fill the queue, but only half of it while others wait', () => {
  const alone = createFairQueue<number>();
  assert.equal(fill(alone, 'a', 10), 10);
  const shared = createFairQueue<number>();
  push(shared, 'b', 0, 10);
  assert.equal(fill(shared, 'a', 10), 5);
  assert.equal(fill(shared, 'b', 10), 4);
});

test('a lone client that was refused may still fill the whole queue', () => {
  const queue = createFairQueue<number>();
  fill(queue, 'a', 10);
  queue.shift();
  assert.equal(fill(queue, 'a', 10), 1);
});

test('a flood that refills every free place cannot keep another client out', () => {
  const queue = createFairQueue<number>();
  fill(queue, 'flood', 10);
  assert.ok(!push(queue, 'other', 0, 10));
  for (let served = 0; served < 5; served += 1) {
    queue.shift();
    fill(queue, 'flood', 10);
  }
  assert.ok(push(queue, 'other', 0, 10));
});

test('once the queue is empty, a lone client may fill it again', () => {
  const queue = createFairQueue<number>();
  fill(queue, 'a', 4);
  assert.ok(!push(queue, 'b', 0, 4));
  while (queue.size > 0) queue.shift();
  assert.equal(fill(queue, 'a', 4), 4);
});

test('a reserved place counts until released, and does not block waiting jobs', () => {
  const queue = createFairQueue<string>();
  assert.ok(queue.reserve('a', 2));
  assert.ok(push(queue, 'b', 'b1', 2));
  assert.ok(!queue.reserve('c', 2));
  assert.equal(queue.size, 1);
  assert.equal(queue.shift(), 'b1');
  assert.equal(queue.shift(), undefined);
  queue.fill('a', 'a1');
  assert.equal(queue.shift(), 'a1');
  assert.ok(queue.reserve('a', 1));
  queue.release('a');
  assert.ok(queue.reserve('b', 1));
  assert.throws(() => queue.fill('a', 'a2'), /no place/);
  assert.throws(() => queue.release('a'), /no place/);
});

test('a client that releases a place keeps its turn', () => {
  const queue = createFairQueue<string>();
  push(queue, 'a', 'a1', 10);
  push(queue, 'b', 'b1', 10);
  assert.ok(queue.reserve('a', 10));
  queue.release('a');
  assert.equal(queue.shift(), 'a1');
});

test('a withdrawn job frees its place, is not served, and is withdrawn only once', () => {
  const queue = createFairQueue<string>();
  for (const item of ['a1', 'a2', 'b1']) push(queue, item.charAt(0), item, 3);
  assert.ok(queue.withdraw('a', 'a1'));
  assert.equal(queue.size, 2);
  assert.ok(!queue.withdraw('a', 'a1'));
  assert.ok(!queue.withdraw('b', 'a2'), 'a client can withdraw only its own jobs');
  assert.ok(!queue.withdraw('c', 'c1'));
  assert.ok(push(queue, 'c', 'c1', 3));
  assert.deepEqual([queue.shift(), queue.shift()], ['a2', 'b1']);
  assert.ok(!queue.withdraw('b', 'b1'), 'a job already served cannot be withdrawn');
  assert.equal(queue.shift(), 'c1');
});

test('once all jobs are withdrawn, a lone client may fill the queue again', () => {
  const queue = createFairQueue<number>();
  fill(queue, 'a', 4);
  assert.ok(!push(queue, 'b', 0, 4));
  for (let item = 0; item < 4; item += 1) assert.ok(queue.withdraw('a', item));
  assert.equal(fill(queue, 'a', 4), 4);
});

type Model = {
  waiting: { client: string; id: number }[];
  servedWhileWaiting: Map<number, string[]>;
};

test('jobs are never lost, duplicated or reordered; each waiting client gets a turn', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.nat(20) },
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 1, max: 12 }),
      (steps, capacity) => {
        const queue = createFairQueue<number>();
        const model: Model = { waiting: [], servedWhileWaiting: new Map() };
        for (const [id, client] of steps.entries()) {
          if (typeof client === 'number') withdraw(model, queue, client);
          else if (client !== null && push(queue, client, id, capacity))
            model.waiting.push({ client, id });
          else if (client === null) checkServed(model, queue.shift());
          assert.equal(queue.size, model.waiting.length);
          assert.ok(queue.size <= capacity);
        }
        while (model.waiting.length > 0) checkServed(model, queue.shift());
        assert.equal(queue.shift(), undefined);
      },
    ),
  );
});

/** Withdraws the waiting job at that index, if there is one. */
function withdraw({ waiting }: Model, queue: FairQueue<number>, index: number): void {
  const [left] = waiting.splice(index, 1);
  if (left) assert.ok(queue.withdraw(left.client, left.id));
}

function checkServed({ waiting, servedWhileWaiting }: Model, id: number | undefined): void {
  const served = waiting.find((entry) => entry.id === id);
  assert.equal(served?.id, id, 'a job that was never admitted or was already served');
  assert.equal(served === undefined, waiting.length === 0);
  if (!served) return;
  const firstOfClient = waiting.find(({ client }) => client === served.client);
  assert.equal(firstOfClient, served, 'jobs of one client are served in order');
  waiting.splice(waiting.indexOf(served), 1);
  const heads = new Map(waiting.toReversed().map((entry) => [entry.client, entry]));
  for (const head of heads.values()) {
    if (head.client === served.client) continue;
    const clients = servedWhileWaiting.get(head.id) ?? [];
    assert.ok(
      !clients.includes(served.client),
      `${served.client} served twice while ${head.client} waited`,
    );
    servedWhileWaiting.set(head.id, [...clients, served.client]);
  }
}

function push<T>(queue: FairQueue<T>, client: string, item: T, capacity: number): boolean {
  const hasPlace = queue.reserve(client, capacity);
  if (hasPlace) queue.fill(client, item);
  return hasPlace;
}

function fill(queue: FairQueue<number>, client: string, capacity: number): number {
  let admitted = 0;
  while (push(queue, client, admitted, capacity)) admitted += 1;
  return admitted;
}
