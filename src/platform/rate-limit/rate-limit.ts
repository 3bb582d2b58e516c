/** So many in a window that begins with the first. */
export type LimitPolicy = { readonly name: string; readonly limit: number; readonly windowSeconds: number };

export type LimitState = {
  allowed: boolean;
  remaining: number;
  /** After so many seconds, a whole number and at least 1, the window is over and the key is free. */
  resetSeconds: number;
};

/** Counts one more where the limit allows it. What is refused counts nothing and prolongs nothing. */
export type RateLimiter = {
  take(policy: LimitPolicy, key: string): Promise<LimitState>;
  /** True while each process counts for itself, since the store that they share does not answer. */
  readonly degraded: boolean;
  close(): Promise<void>;
};

export function limitState(
  limit: number,
  count: number,
  allowed: boolean,
  resetMilliseconds: number,
): LimitState {
  return {
    allowed,
    remaining: Math.max(0, limit - count),
    resetSeconds: Math.max(1, Math.ceil(resetMilliseconds / 1000)),
  };
}
