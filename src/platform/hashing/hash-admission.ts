import { currentTracing } from '../tracing/tracing.ts';
import { createFairQueue } from './fair-queue.ts';
import type { HashJob, HashResult } from './hash-job.ts';
import { createHashPool } from './hash-pool.ts';
import { averageWith, capacityWithin } from './hash-time.ts';
import type { StoredPassword } from './password-schemes.ts';

/** The hash queue is full; the client should retry. */
export class HashQueueFullError extends Error {
  readonly retryAfterSeconds = 1 + Math.floor(Math.random() * 3);

  constructor() {
    super('too many passwords are waiting to be hashed');
    this.name = 'HashQueueFullError';
  }
}

/** Nobody waited for the answer any more before the password was hashed; nothing was done. */
export class HashAbandonedError extends Error {
  constructor() {
    super('nobody waits for the answer to this password any more');
    this.name = 'HashAbandonedError';
  }
}

export type HashState = {
  threads: number;
  running: number;
  queued: number;
  /** How many jobs may wait, besides the running ones. */
  capacity: number;
  /** Moving average of the time that one hash takes. */
  hashMs: number;
  completed: number;
};

export type HashAdmission = {
  readonly state: HashState;
  /**
   * Reserves a place before the job is prepared, so that a refused client causes no work. Throws
   * `HashQueueFullError` if there is none. Always call `release`; after `run` it does nothing. When
   * `signal` aborts, the place is freed at once and a waiting job is dropped.
   */
  reserve(client: string, signal?: AbortSignal): HashPlace;
  close(): Promise<void>;
};

export type HashPlace = {
  /** Call once. Rejects with `HashAbandonedError` if the client disconnects while the job waits. */
  run(job: HashJob): Promise<StoredPassword | boolean>;
  release(): void;
};

type Pending = {
  job: HashJob;
  /** When a thread took it, once one has. */
  begunAt?: number;
  resolve: (value: StoredPassword | boolean) => void;
  reject: (error: Error) => void;
};

type Options = {
  threads: number;
  maxWaitSeconds: number;
  /** What a hash takes until the first was measured. */
  expectedMilliseconds: number;
};

export function createHashAdmission({
  threads,
  maxWaitSeconds,
  expectedMilliseconds,
}: Options): HashAdmission {
  const queue = createFairQueue<Pending>();
  const pool = createHashPool(threads);
  const capacity = capacityWithin(threads, maxWaitSeconds, expectedMilliseconds);
  const state = { threads, running: 0, queued: 0, capacity, hashMs: 0, completed: 0 };
  const drained = Promise.withResolvers<void>();
  let closing: Promise<void> | null = null;

  const reserve = (client: string, signal?: AbortSignal): HashPlace => {
    const idleThreads = threads - state.running;
    if (closing || !queue.reserve(client, state.capacity + idleThreads))
      throw new HashQueueFullError();
    let isHeld = true;
    const release = (): void => {
      if (isHeld) queue.release(client);
      isHeld = false;
    };
    signal?.addEventListener('abort', release, { once: true });
    return {
      run: async (job) => {
        if (signal?.aborted) {
          release();
          throw new HashAbandonedError();
        }
        isHeld = false;
        return start(client, job, signal);
      },
      release,
    };
  };

  const start = (
    client: string,
    job: HashJob,
    signal: AbortSignal | undefined,
  ): Promise<StoredPassword | boolean> => {
    const { promise, resolve, reject } = Promise.withResolvers<StoredPassword | boolean>();
    const pending: Pending = { job, resolve, reject };
    if (state.running < threads) {
      queue.release(client);
      void run(pending);
    } else {
      queue.fill(client, pending);
      state.queued = queue.size;
      signal?.addEventListener('abort', () => abandon(client, pending), { once: true });
    }
    return traceHash(promise, pending);
  };

  const abandon = (client: string, pending: Pending): void => {
    if (!queue.withdraw(client, pending)) return;
    state.queued = queue.size;
    pending.reject(new HashAbandonedError());
  };

  const run = async (pending: Pending): Promise<void> => {
    state.running += 1;
    pending.begunAt = performance.now();
    const result = await pool.run(pending.job);
    state.running -= 1;
    if (result.ok) measure(state, result.milliseconds, maxWaitSeconds);
    settle(pending, result);
    const next = queue.shift();
    state.queued = queue.size;
    if (next) void run(next);
    else if (closing && state.running === 0) drained.resolve();
  };

  const close = async (): Promise<void> => {
    if (state.running > 0) await drained.promise;
    await pool.close();
  };

  return { state, reserve, close: () => (closing ??= close()) };
}

/**
 * Two spans of whoever waits for the hash: how long it waited for a thread, and the hash itself.
 */
async function traceHash<T>(hashing: Promise<T>, pending: Pending): Promise<T> {
  const tracing = currentTracing();
  if (tracing === null) return hashing;
  const askedAt = performance.now();
  const result = await hashing;
  const { begunAt = askedAt } = pending;
  const milliseconds = performance.now() - begunAt;
  const waited = Math.max(0, begunAt - askedAt);
  tracing.record('password hash wait', {}, { milliseconds: waited, endedAgo: milliseconds });
  tracing.record('password hash', {}, { milliseconds });
  return result;
}

function measure(state: HashState, milliseconds: number, maxWaitSeconds: number): void {
  state.hashMs = averageWith(state.hashMs, milliseconds);
  state.capacity = capacityWithin(state.threads, maxWaitSeconds, state.hashMs);
  state.completed += 1;
}

function settle({ resolve, reject }: Pending, result: HashResult): void {
  if (result.ok) resolve(result.value);
  else reject(new Error('hashing a password failed', { cause: result.cause }));
}
