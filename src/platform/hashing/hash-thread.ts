import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HashJob, HashResult } from './hash-job.ts';

/** A worker thread for one job at a time. If it dies, its job fails, and the owner replaces it. */
export type HashThread = {
  run(job: HashJob): Promise<HashResult>;
  isAlive(): boolean;
  terminate(): Promise<unknown>;
};

export function createHashThread(): HashThread {
  const worker = startWorker();
  let alive = true;
  let cause: unknown;
  let finish: ((result: HashResult) => void) | null = null;
  const settle = (result: HashResult): void => {
    // An idle thread must not keep the process alive.
    worker.unref();
    finish?.(result);
    finish = null;
  };
  worker.on('message', settle);
  worker.on('error', (error) => {
    alive = false;
    cause = error;
  });
  worker.on('exit', (code) => {
    alive = false;
    settle({ ok: false, cause: cause ?? new Error(`a hashing thread ended with code ${code}`) });
  });
  return {
    run: (job) => {
      const { promise, resolve } = Promise.withResolvers<HashResult>();
      finish = resolve;
      worker.ref();
      worker.postMessage(job);
      return promise;
    },
    isAlive: () => alive,
    terminate: () => worker.terminate(),
  };
}

function startWorker(): Worker {
  const compileCache = getCompileCacheDir();
  return new Worker(new URL('hash-worker.ts', import.meta.url), {
    // With the compile cache a thread does not load the TypeScript stripper, which takes 12 MB.
    env: compileCache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compileCache) },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
}
