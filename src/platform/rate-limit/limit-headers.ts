import type { LimitPolicy, LimitState } from './rate-limit.ts';

/**
 * Both families: what the clients of the contract read, and the draft of the HTTP API working group
 * (draft-ietf-httpapi-ratelimit-headers-11). All times are seconds from now.
 */
export function limitHeaders(policy: LimitPolicy, state: LimitState): Record<string, string> {
  const { name, limit, windowSeconds } = policy;
  const { remaining, resetSeconds } = state;
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(resetSeconds),
    'ratelimit-policy': `"${name}";q=${limit};w=${windowSeconds}`,
    ratelimit: `"${name}";r=${remaining};t=${resetSeconds}`,
  };
}

/** For pages of other origins, which may read no header that is not named. */
export const limitHeaderNames = [
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit-Policy',
  'RateLimit',
];
