import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { createHashAdmission, HashAbandonedError, HashQueueFullError } from './hash-admission.ts';

const [alice, bob, carol] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;

/** `workers` are the threads in the order in which they were started. */
function openAdmission(t: TestContext, { threads = 1, maxWaitSeconds = 3, bcryptRounds = 4 } = {}) {
  const workers: Worker[] = [];
  const remember = (worker: Worker) => workers.push(worker);
  process.on('worker', remember);
  const admission = createHashAdmission({ threads, maxWaitSeconds, expectedMilliseconds: 100 });
  t.after(async () => {
    await admission.close();
    process.off('worker', remember);
  });
  const target = { algorithm: 'bcrypt', bcryptRounds } as const;
  const hash = async (password: string, address: string, signal?: AbortSignal) =>
    admission.reserve(address, signal).run({ kind: 'hash', password, target });
  return {
    reserve: (address: string, signal?: AbortSignal) => admission.reserve(address, signal),
    state: admission.state,
    close: () => admission.close(),
    hash,
    workers,
  };
}

test('a full queue refuses at once, and admitted jobs are still completed', async (t) => {
  const { hash, state } = openAdmission(t, { maxWaitSeconds: 0.000_001 });
  const admitted = [hash('a', alice), hash('b', bob)];
  const error = await hash('c', carol).catch((reason: unknown) => reason);
  assert.ok(error instanceof HashQueueFullError);
  assert.ok([1, 2, 3].includes(error.retryAfterSeconds));
  assert.deepEqual([state.capacity, state.running, state.queued], [1, 1, 1]);
  assert.equal((await Promise.all(admitted)).length, 2);
});

test('a reserved place counts at once, runs its job later, and is freed only once', async (t) => {
  const { hash, reserve } = openAdmission(t, { maxWaitSeconds: 0.000_001 });
  await hash('x', alice);
  const [first, second] = [reserve(alice), reserve(bob)];
  await assert.rejects(hash('x', carol), HashQueueFullError);
  second.release();
  second.release();
  assert.ok(await hash('x', carol));
  const running = first.run({
    kind: 'hash',
    password: 'x',
    target: { algorithm: 'bcrypt', bcryptRounds: 4 },
  });
  first.release();
  assert.ok(await running);
  const again = [reserve(alice), reserve(bob)];
  assert.throws(() => reserve(carol), HashQueueFullError);
  for (const place of again) place.release();
});

test('a waiting job is dropped and its place freed when its client disconnects', async (t) => {
  const { hash, state } = openAdmission(t, { maxWaitSeconds: 0.000_001, bcryptRounds: 10 });
  await hash('x', alice);
  const gone = new AbortController();
  const [running, waiting] = [hash('a', alice), hash('b', bob, gone.signal)];
  await assert.rejects(hash('c', carol), HashQueueFullError);
  gone.abort();
  assert.equal(state.queued, 0);
  await assert.rejects(waiting, HashAbandonedError);
  assert.ok(await Promise.all([running, hash('c', carol)]));
  assert.equal(state.completed, 3);
});

test('a running job is completed even if its client disconnects', async (t) => {
  const { hash, state } = openAdmission(t);
  const gone = new AbortController();
  const running = hash('x', alice, gone.signal);
  gone.abort();
  assert.ok(await running);
  assert.deepEqual([state.running, state.queued, state.completed], [0, 0, 1]);
});

test('a reserved place is freed and runs nothing when its client disconnects', async (t) => {
  const { hash, reserve, state } = openAdmission(t, { maxWaitSeconds: 0.000_001 });
  await hash('x', alice);
  const gone = new AbortController();
  const [place, other] = [reserve(alice, gone.signal), reserve(bob)];
  assert.throws(() => reserve(carol), HashQueueFullError);
  gone.abort();
  const free = reserve(carol);
  const job = {
    kind: 'hash',
    password: 'x',
    target: { algorithm: 'bcrypt', bcryptRounds: 4 },
  } as const;
  await assert.rejects(place.run(job), HashAbandonedError);
  place.release();
  assert.throws(() => reserve(alice), HashQueueFullError, 'the place was freed only once');
  for (const held of [free, other]) held.release();
  const late = reserve(alice, AbortSignal.abort());
  await assert.rejects(late.run(job), HashAbandonedError);
  assert.equal(state.completed, 1);
});

test('close does not wait for jobs of clients that have disconnected', async (t) => {
  const { hash, close, state } = openAdmission(t, { bcryptRounds: 10 });
  const gone = new AbortController();
  const running = hash('x', alice);
  const waiting = hash('x', bob, gone.signal);
  const closed = close();
  gone.abort();
  await assert.rejects(waiting, HashAbandonedError);
  await closed;
  assert.ok(await running);
  assert.equal(state.completed, 1);
});

test('the queue capacity follows from the maximum wait', async (t) => {
  const { hash, state } = openAdmission(t, { threads: 2 });
  for (let hashes = 0; hashes < 5; hashes += 1) await hash('x', alice);
  assert.ok(state.hashMs > 0.2 && state.hashMs < 1000);
  assert.equal(state.capacity, Math.floor((2 * 3000) / state.hashMs));
});

test('an address with many logins does not delay another', async (t) => {
  const { hash } = openAdmission(t);
  await hash('x', alice);
  const order: string[] = [];
  const login = async (address: string) => {
    await hash('x', address);
    order.push(address);
  };
  await Promise.all([...Array.from({ length: 20 }, () => login(alice)), login(bob)]);
  assert.ok(order.indexOf(bob) <= 2, order.join(' '));
});

test('a thread that dies fails only its own job and is replaced', async (t) => {
  const { hash, state, workers } = openAdmission(t, { bcryptRounds: 10 });
  await hash('x', alice);
  const [lost, kept] = [hash('password-1', alice), hash('password-2', alice)];
  await Promise.all([
    assert.rejects(lost, (error) => !inspect(error).includes('password-1')),
    workers[0]?.terminate(),
  ]);
  assert.ok(await kept);
  assert.equal(workers.length, 2);
  assert.deepEqual([state.running, state.queued], [0, 0]);
});

test('a thread that died while idle is replaced before the next job', {
  timeout: 10_000,
}, async (t) => {
  const { hash, workers } = openAdmission(t);
  await hash('x', alice);
  const [worker] = workers;
  await Promise.all([worker && once(worker, 'exit'), worker?.terminate()]);
  assert.ok(await hash('x', alice));
});

test('a thread that cannot start fails its job; the next one succeeds', {
  timeout: 10_000,
}, async (t) => {
  const { hash } = openAdmission(t, { threads: 2, bcryptRounds: 10 });
  await hash('x', alice);
  process.once('worker', (worker) => worker.emit('error', new Error('no more threads')));
  const [running, lost] = [hash('x', alice), hash('x', bob)];
  await assert.rejects(lost, /hashing a password failed/);
  assert.ok(await running);
  assert.ok(await Promise.all([hash('x', alice), hash('x', bob)]));
});

test('a refusal has a Retry-After of 1, 2 or 3 seconds and a name of its own', () => {
  const errors = Array.from({ length: 200 }, () => new HashQueueFullError());
  assert.deepEqual(
    [...new Set(errors.map((error) => error.retryAfterSeconds))].toSorted(),
    [1, 2, 3],
  );
  assert.equal(errors[0]?.name, 'HashQueueFullError');
  assert.match(errors[0]?.message ?? '', /too many passwords/);
});

test('a failed job is not measured, and the next one succeeds', async (t) => {
  const { hash, reserve, state } = openAdmission(t);
  await hash('x', alice);
  const { hashMs } = state;
  const odd = {
    kind: 'hash',
    password: 'x',
    target: { algorithm: 'bcrypt', bcryptRounds: 99 },
  } as const;
  await assert.rejects(reserve(alice).run(odd), /hashing a password failed/);
  assert.deepEqual([state.completed, state.hashMs], [1, hashMs]);
  assert.ok(await hash('x', alice));
});

test('a job that cannot be sent to a thread fails alone', async (t) => {
  const { hash, reserve, state, workers } = openAdmission(t);
  const odd = { kind: 'hash', password: () => 'functions cannot be cloned' } as never;
  await assert.rejects(reserve(alice).run(odd), (error: Error) => {
    assert.equal(error.message, 'hashing a password failed');
    assert.equal((error.cause as Error).name, 'DataCloneError');
    return true;
  });
  assert.deepEqual([state.running, state.completed], [0, 0]);
  assert.ok(await hash('x', alice));
  await workers[0]?.terminate();
});

test('close waits for the last running job, not for the first', async (t) => {
  const { reserve, close, state } = openAdmission(t, { threads: 2 });
  const [short, long] = [4, 11].map((bcryptRounds) =>
    reserve(alice).run({
      kind: 'hash',
      password: 'x',
      target: { algorithm: 'bcrypt', bcryptRounds },
    }),
  );
  await close();
  assert.equal(state.running, 0);
  assert.ok(await short);
  assert.ok(await long);
});

test('close ends all threads', async (t) => {
  const { hash, close, workers } = openAdmission(t, { threads: 2 });
  await Promise.all([hash('x', alice), hash('x', bob)]);
  const ended = workers.map((worker) => once(worker, 'exit'));
  await close();
  assert.equal((await Promise.all(ended)).length, 2);
});

test('only hashing threads have the lowest priority', async (t) => {
  if (process.platform !== 'linux') return t.skip('only Linux has a priority for each thread');
  const before = niceThreads();
  const { hash, workers } = openAdmission(t, { threads: 2, bcryptRounds: 10 });
  await Promise.all([hash('x', alice), hash('x', alice)]);
  assert.equal(workers.length, 2);
  assert.equal(niceThreads().length - before.length, 2);
  assert.ok(!niceThreads().includes(String(process.pid)));
});

test('close waits for admitted jobs, refuses later ones, and may be called twice', async (t) => {
  const { hash, state, close } = openAdmission(t, { maxWaitSeconds: 60 });
  await hash('x', alice);
  const admitted = Array.from({ length: 10 }, () => hash('x', alice));
  const closed = Promise.all([close(), close()]);
  await assert.rejects(hash('x', alice), HashQueueFullError);
  await closed;
  assert.equal(state.completed, 11);
  assert.equal((await Promise.all(admitted)).length, 10);
});

function niceThreads(): string[] {
  return readdirSync('/proc/self/task').filter((threadId) => {
    // The thread name may contain spaces, so fields are counted after it; `nice` is field 19.
    const [, fields = ''] = readFileSync(`/proc/self/task/${threadId}/stat`, 'utf8').split(') ', 2);
    return fields.split(' ')[16] === '19';
  });
}
