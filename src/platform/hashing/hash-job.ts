import type { IdleHash } from './hash-work.ts';
import type { HashTarget, ReadPassword, StoredPassword } from './password-schemes.ts';

/** What the service asks of a hashing thread, and what the thread answers. `topUp` is spent whatever comes of the check. */
export type HashJob =
  | { kind: 'hash'; password: string; target: HashTarget }
  | { kind: 'verify'; password: string; stored: ReadPassword; topUp: readonly IdleHash[] };

/** `cause` is why the thread died; a job that fails in a living thread gives none. */
export type HashResult =
  | { ok: true; value: StoredPassword | boolean; milliseconds: number }
  | { ok: false; cause?: unknown };
