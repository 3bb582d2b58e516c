/** So many in a window that begins with the first. */
export type LimitPolicy = { readonly name: string; readonly limit: number; readonly windowSeconds: number };

export type LimitState = {
  allowed: boolean;
  /** The first that was refused in its window: the one to tell of. */
  isFirstRefusal: boolean;
  remaining: number;
  /** After so many seconds, a whole number and at least 1, the window is over and the key is free. */
  resetSeconds: number;
};

/**
 * Counts one more where the limit allows it. What is refused prolongs nothing, and counts nothing but that there was
 * a refusal.
 */
export type RateLimiter = {
  take(policy: LimitPolicy, key: string): Promise<LimitState>;
  /** True while each process counts for itself, since the store that they share does not answer. */
  readonly degraded: boolean;
  close(): Promise<void>;
};

/** `count` with the request that asks: one beyond the limit is the first refusal, whatever is higher a later one. */
export function limitState(limit: number, count: number, resetMilliseconds: number): LimitState {
  return {
    allowed: count <= limit,
    isFirstRefusal: count === limit + 1,
    remaining: Math.max(0, limit - count),
    resetSeconds: Math.max(1, Math.ceil(resetMilliseconds / 1000)),
  };
}
