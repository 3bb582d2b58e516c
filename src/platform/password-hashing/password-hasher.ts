import { randomBytes } from 'node:crypto';
import { createFairQueue } from './fair-queue.ts';
import type { HashJob, HashResult } from './hash-job.ts';
import { createHashThread, type HashThread } from './hash-thread.ts';
import { type HashTarget, needsRehash, type StoredPassword } from './password-schemes.ts';

/** Too many passwords are waiting: come back in a moment. */
export class HashQueueFullError extends Error {
  readonly retryAfterSeconds = 1 + Math.floor(Math.random() * 3);

  constructor() {
    super('too many passwords are waiting to be hashed');
    this.name = 'HashQueueFullError';
  }
}

export type PasswordHasher = {
  hash(password: string, clientAddress: string): Promise<StoredPassword>;
  /** `stored` null is an unknown user: false, after the work of a known one. */
  verify(password: string, stored: StoredPassword | null, clientAddress: string): Promise<boolean>;
  needsRehash(stored: StoredPassword): boolean;
  readonly state: {
    threads: number;
    running: number;
    queued: number;
    capacity: number;
    hashMs: number;
    completed: number;
  };
  /** Waits for what was admitted; refuses what comes later. */
  close(): Promise<void>;
};

type Options = { threads: number; maxWaitSeconds: number; target: HashTarget };
type Pending = {
  job: HashJob;
  resolve: (value: StoredPassword | boolean) => void;
  reject: (error: Error) => void;
};

/**
 * Hashing is the capacity of the product and its weak side: it happens in threads of the lowest priority, behind a
 * queue bounded by the time a password would wait, fair to each client address (security.md § 3).
 */
export async function createPasswordHasher({
  threads,
  maxWaitSeconds,
  target,
}: Options): Promise<PasswordHasher> {
  const queue = createFairQueue<Pending>();
  // A thread is started when it is first needed, and then kept.
  const idle: HashThread[] = [];
  const state = { threads, running: 0, queued: 0, capacity: threads, hashMs: 0, completed: 0 };
  let closing: (() => void) | null = null;
  let closed = false;

  const admit = (job: HashJob, clientAddress: string): Promise<StoredPassword | boolean> => {
    const { promise, resolve, reject } = Promise.withResolvers<StoredPassword | boolean>();
    const pending = { job, resolve, reject };
    if (closed) reject(new HashQueueFullError());
    else if (state.running < threads) void run(pending);
    else if (!queue.push(clientAddress, pending, state.capacity)) reject(new HashQueueFullError());
    state.queued = queue.size;
    return promise;
  };

  const run = async (pending: Pending): Promise<void> => {
    state.running += 1;
    const thread = idle.pop() ?? createHashThread();
    const result = await thread.run(pending.job);
    state.running -= 1;
    if (thread.isAlive()) idle.push(thread);
    settle(pending, result);
    const next = queue.shift();
    state.queued = queue.size;
    if (next) void run(next);
    else if (state.running === 0) closing?.();
  };

  const settle = (pending: Pending, result: HashResult): void => {
    if (!result.ok) {
      pending.reject(new Error('a password could not be hashed'));
      return;
    }
    state.completed += 1;
    // A moving average of what a hash takes on this machine under this load.
    state.hashMs = state.hashMs === 0 ? result.milliseconds : state.hashMs * 0.9 + result.milliseconds * 0.1;
    state.capacity = Math.max(1, Math.floor((threads * maxWaitSeconds * 1000) / state.hashMs));
    pending.resolve(result.value);
  };

  const random = randomBytes(32).toString('base64');
  const dummy = (await admit({ kind: 'hash', password: random, target }, '')) as StoredPassword;
  state.completed = 0;

  return {
    state,
    hash: async (password, client) =>
      (await admit({ kind: 'hash', password, target }, client)) as StoredPassword,
    verify: async (password, stored, client) => {
      const matches = await admit({ kind: 'verify', password, stored: stored ?? dummy }, client);
      return stored !== null && matches === true;
    },
    needsRehash: (stored) => needsRehash(stored, target),
    close: async () => {
      closed = true;
      if (state.running > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        closing = resolve;
        await promise;
      }
      await Promise.all(idle.splice(0).map((thread) => thread.terminate()));
    },
  };
}
