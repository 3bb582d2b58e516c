import { readlinkSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { HashJob, HashResult } from './hash-job.ts';
import { hashPasswordSync, verifyPasswordSync } from './password-schemes.ts';

/** One of the threads that hash, one job at a time. */
function serveJobs(): void {
  flushCompileCache();
  lowerOwnPriority();
  parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(runJob(job)));
}

function runJob(job: HashJob): HashResult {
  const startedAt = performance.now();
  try {
    const value =
      job.kind === 'hash'
        ? hashPasswordSync(job.password, job.target)
        : verifyPasswordSync(job.password, withBuffer(job.stored));
    return { ok: true, value, milliseconds: performance.now() - startedAt };
  } catch {
    // The error's text could quote the password.
    return { ok: false };
  }
}

/** Bytes arrive from another thread as a plain Uint8Array. */
function withBuffer(stored: { key: Uint8Array | null } & Record<string, unknown>) {
  return { ...stored, key: stored.key && Buffer.from(stored.key) } as Parameters<
    typeof verifyPasswordSync
  >[1];
}

/** Hashing may use every core that nothing else wants: the requests' own thread always goes first. */
function lowerOwnPriority(): void {
  if (process.platform !== 'linux') return;
  const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  setPriority(threadId, constants.priority.PRIORITY_LOW);
}

serveJobs();
