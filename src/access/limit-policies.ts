import type { Config } from '../configuration/config.ts';
import { durations } from '../platform/durations.ts';
import type { LimitPolicy } from '../platform/rate-limit/rate-limit.ts';

/** An extra limit per client address that a route can name, on top of that for all its requests. */
export type AddressLimit = 'register' | 'forgot-ip' | 'reset' | 'email-sign-in' | 'provider-start';

export type LimitPolicies = {
  /** Requests of one address that count on nothing else; null: switched off. */
  ip: LimitPolicy | null;
  /** Requests of one session, and of all sessions of its account together. */
  session: LimitPolicy | null;
  account: LimitPolicy | null;
  /** Requests with valid tokens from one address. */
  ceiling: LimitPolicy | null;
  /** By `AddressLimit`. */
  ofAddress: Readonly<Record<string, LimitPolicy>> | null;
  /** Per session, for what an owner does against a thief: no other session can use it up. */
  defence: LimitPolicy | null;
  /** Refreshes of one session, and all refreshes from one address. */
  refresh: LimitPolicy;
  refreshCeiling: LimitPolicy | null;
  /** Requests of one service for itself: an application asks for all its users. */
  service: LimitPolicy | null;
};

// Allows for many clients behind one address: an office, a mobile network.
const ceilingFactor = 20;
const serviceFactor = 100;

export function limitPolicies({
  rateLimitPerHour,
  rateLimitAccountPerHour,
}: Config): LimitPolicies {
  const hour = durations.hours(1);
  const hourly = (name: string, limit: number): LimitPolicy | null =>
    limit === 0 ? null : { name, limit, windowSeconds: hour };
  return {
    ip: hourly('ip', rateLimitPerHour),
    session: hourly('session', rateLimitAccountPerHour),
    account: hourly('account', rateLimitAccountPerHour),
    ceiling: hourly('ceiling', rateLimitPerHour * ceilingFactor),
    ofAddress: rateLimitPerHour === 0 ? null : addressLimits,
    defence: hourly('defence', Math.min(60, rateLimitAccountPerHour)),
    refresh: { name: 'refresh', limit: 600, windowSeconds: hour },
    refreshCeiling: hourly('refresh-ceiling', rateLimitPerHour * ceilingFactor),
    service: hourly('service', rateLimitAccountPerHour * serviceFactor),
  };
}

const addressLimits: Record<AddressLimit, LimitPolicy> = {
  register: { name: 'register', limit: 10, windowSeconds: durations.hours(1) },
  'forgot-ip': { name: 'forgot-ip', limit: 10, windowSeconds: durations.hours(1) },
  // More than of reset links: in an office everybody signs in.
  'email-sign-in': { name: 'email-ip', limit: 60, windowSeconds: durations.hours(1) },
  reset: { name: 'reset', limit: 10, windowSeconds: durations.minutes(15) },
  // Each leaves a row for ten minutes.
  'provider-start': { name: 'provider-start', limit: 60, windowSeconds: durations.minutes(10) },
};
