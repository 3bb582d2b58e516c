import type { Subject } from '../personal-data/personal-data.ts';

/** At most `limit` in a fixed window that begins with the first. */
export type ThrottlePolicy = {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** The keys that name this account, for export and erasure; none if a key names no account. */
  readonly keysOf: (subject: Subject, mailKinds: readonly string[]) => readonly string[];
};
