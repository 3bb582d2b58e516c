import type { HashTarget, StoredPassword } from './password-schemes.ts';

/** What the service asks of a hashing thread, and what the thread answers. */
export type HashJob =
  | { kind: 'hash'; password: string; target: HashTarget }
  | { kind: 'verify'; password: string; stored: StoredPassword };

export type HashResult = { ok: true; value: StoredPassword | boolean; milliseconds: number } | { ok: false };
