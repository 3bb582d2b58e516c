import type { IdleHash } from './hash-work.ts';
import type { HashTarget, ReadPassword, StoredPassword } from './password-schemes.ts';

/** A request to a hashing thread. `topUp` is done for right and wrong passwords. */
export type HashJob =
  | { kind: 'hash'; password: string; target: HashTarget }
  | { kind: 'verify'; password: string; stored: ReadPassword; topUp: readonly IdleHash[] };

/** `cause` is set only if the thread died. */
export type HashResult =
  | { ok: true; value: StoredPassword | boolean; milliseconds: number }
  | { ok: false; cause?: unknown };
