import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Piscina } from 'piscina';
import type { HashJob, HashResult } from './hash-job.ts';

/** Threads that are started on demand and then kept. If one dies, only its own job fails. */
export type HashPool = {
  /** Never throws. The caller gives it at most `threads` jobs at once. */
  run(job: HashJob): Promise<HashResult>;
  close(): Promise<void>;
};

export function createHashPool(threads: number): HashPool {
  let pool: Piscina;
  const open = (): void => {
    const opened = openPool(threads);
    // A thread that dies while it starts leaves its job in piscina's queue, where nothing takes it.
    opened.on('error', () => {
      if (pool === opened) open();
      void opened.close({ force: true });
    });
    pool = opened;
  };
  open();
  return {
    run: async (job) => {
      try {
        return (await pool.run(job)) as HashResult;
      } catch (cause) {
        return { ok: false, cause };
      }
    },
    close: () => pool.destroy(),
  };
}

function openPool(maxThreads: number): Piscina {
  const compileCache = getCompileCacheDir();
  return new Piscina({
    filename: new URL('hash-worker.ts', import.meta.url).href,
    name: 'runJob',
    minThreads: 0,
    maxThreads,
    idleTimeout: Number.POSITIVE_INFINITY,
    // A thread that waits in Atomics.wait would open its standard streams after each job.
    atomics: 'disabled',
    recordTiming: false,
    // With the compile cache a thread does not load the TypeScript stripper, which takes 12 MB.
    env: compileCache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compileCache) },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
}
