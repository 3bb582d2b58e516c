import { readlinkSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { constants, setPriority } from 'node:os';
import type { HashJob, HashResult } from './hash-job.ts';
import { spendWork } from './hash-work.ts';
import { hashPasswordSync, verifyPasswordSync } from './password-schemes.ts';

/** Hashing may use every idle core, but the main thread, which serves requests, goes first. */
function lowerOwnPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(threadId, constants.priority.PRIORITY_LOW);
  } catch {
    // A sandbox may lack /proc or forbid the call; hashing works at any priority.
  }
}

export function runJob(job: HashJob): HashResult {
  const startedAt = performance.now();
  try {
    const value =
      job.kind === 'hash'
        ? hashPasswordSync(job.password, job.target)
        : verifyPasswordSync(job.password, job.stored);
    if (job.kind === 'verify') spendWork(job.topUp, performance.now() - startedAt);
    return { ok: true, value, milliseconds: performance.now() - startedAt };
  } catch {
    // The error message could contain the password.
    return { ok: false };
  }
}

flushCompileCache();
lowerOwnPriority();
