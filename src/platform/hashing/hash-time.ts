import type { HashTarget } from './password-schemes.ts';

/** Moving average of ms per hash; 0: none yet. Capped: a suspended machine must not count. */
export function averageWith(hashMs: number, milliseconds: number): number {
  if (hashMs === 0) return milliseconds;
  return hashMs * 0.9 + Math.min(milliseconds, hashMs * 4) * 0.1;
}

/** How many jobs may wait so that the last one waits at most that long; at least one. */
export function capacityWithin(threads: number, maxWaitSeconds: number, hashMs: number): number {
  return Math.max(1, Math.floor((threads * maxWaitSeconds * 1000) / hashMs));
}

/**
 * What a hash takes before one was measured. Too much would refuse the first burst after a start,
 * too little would let it wait.
 */
export function expectedMilliseconds({ algorithm, bcryptRounds }: HashTarget): number {
  return algorithm === 'bcrypt' ? 0.06 * 2 ** bcryptRounds : 50;
}
