/**
 * Loaded before the tests. Stryker switches a mutant on by an environment variable, and a hashing thread is given an
 * environment of its own: it gets that variable, too.
 */
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const mutant = '__STRYKER_ACTIVE_MUTANT__';
const { Worker } = threads;

threads.Worker = class extends Worker {
  constructor(file: string | URL, options: threads.WorkerOptions = {}) {
    const env = { ...(options.env as NodeJS.ProcessEnv), [mutant]: process.env[mutant] };
    super(file, { ...options, env });
  }
};
syncBuiltinESMExports();
