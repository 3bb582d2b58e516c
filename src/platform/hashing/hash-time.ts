/**
 * The moving average of what a hash takes, in milliseconds, with one more measured; 0 stands for none so far. A sample
 * can be hours where the machine was suspended: one must not close the queue to all.
 */
export function averageWith(hashMs: number, milliseconds: number): number {
  if (hashMs === 0) return milliseconds;
  return hashMs * 0.9 + Math.min(milliseconds, hashMs * 4) * 0.1;
}

/** How many may wait so that the last one waits no longer than that; one at least. */
export function capacityWithin(threads: number, maxWaitSeconds: number, hashMs: number): number {
  return Math.max(1, Math.floor((threads * maxWaitSeconds * 1000) / hashMs));
}
