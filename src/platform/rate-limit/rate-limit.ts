/** A fixed window that begins with the first request. */
export type LimitPolicy = {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
};

export type LimitState = {
  allowed: boolean;
  /** True for the first refusal of a window, the only one that is logged. */
  isFirstRefusal: boolean;
  remaining: number;
  /** Seconds until the window ends, rounded up and at least 1. */
  resetSeconds: number;
};

/** Counts one request if allowed. Refusals prolong nothing; only the first is counted. */
export type RateLimiter = {
  take(policy: LimitPolicy, key: string): Promise<LimitState>;
  /** How many were counted in the running window, without one more. */
  count(policy: LimitPolicy, key: string): Promise<number>;
  /** True while the shared store is unavailable and each process counts for itself. */
  readonly degraded: boolean;
  close(): Promise<void>;
};

/** `count` includes the current request: `limit + 1` is the first refusal, more is a later one. */
export function limitState(limit: number, count: number, resetMilliseconds: number): LimitState {
  return {
    allowed: count <= limit,
    isFirstRefusal: count === limit + 1,
    remaining: Math.max(0, limit - count),
    resetSeconds: Math.max(1, Math.ceil(resetMilliseconds / 1000)),
  };
}
