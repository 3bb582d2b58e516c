/** Loaded before the tests of a mutant. */
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
import fc from 'fast-check';

// That a property fails is all that is asked; its smallest counterexample would take minutes.
fc.configureGlobal({ endOnFailure: true });

// Stryker switches a mutant on by an environment variable, and a hashing thread is given an
// environment of its own.
const mutant = '__STRYKER_ACTIVE_MUTANT__';
const { Worker } = threads;

threads.Worker = class extends Worker {
  constructor(file: string | URL, options: threads.WorkerOptions = {}) {
    const env = { ...(options.env as NodeJS.ProcessEnv), [mutant]: process.env[mutant] };
    super(file, { ...options, env });
  }
};
syncBuiltinESMExports();
