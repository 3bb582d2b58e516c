import type { LimitPolicy, LimitState } from './rate-limit.ts';

/** `X-RateLimit-*`, and draft-ietf-httpapi-ratelimit-headers-11. Times are seconds from now. */
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

/** For CORS: pages of other origins may read only headers that are exposed. */
export const limitHeaderNames = [
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit-Policy',
  'RateLimit',
];
