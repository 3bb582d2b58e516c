import type { Config } from '../configuration/config.ts';
import { durations } from '../platform/durations.ts';
import type { LimitPolicy } from '../platform/rate-limit/rate-limit.ts';

/** A further limit of a client address, which a route names, beside that of all its requests. */
export type AddressLimit = 'register' | 'forgot-ip' | 'reset';

export type LimitPolicies = {
  /** Every request of an address but those that count elsewhere; null: switched off. */
  ip: LimitPolicy | null;
  /** Of one session, and of all those of its account together. */
  session: LimitPolicy | null;
  account: LimitPolicy | null;
  /** Of all requests with good tokens from one address together. */
  ceiling: LimitPolicy | null;
  /** By the name that a route gives, an `AddressLimit`. */
  ofAddress: Readonly<Record<string, LimitPolicy>> | null;
  /** What an owner does against a thief, of one session: no other session, and no dead token, uses it up. */
  defence: LimitPolicy | null;
  /** Refreshes of one session, and of all from one address together. */
  refresh: LimitPolicy;
  refreshCeiling: LimitPolicy | null;
};

// Honest clients with good tokens behind one address: an office, a mobile network.
const ceilingFactor = 20;

export function limitPolicies({ rateLimitPerHour, rateLimitAccountPerHour }: Config): LimitPolicies {
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
  };
}

const addressLimits: Record<AddressLimit, LimitPolicy> = {
  register: { name: 'register', limit: 10, windowSeconds: durations.hours(1) },
  'forgot-ip': { name: 'forgot-ip', limit: 10, windowSeconds: durations.hours(1) },
  reset: { name: 'reset', limit: 10, windowSeconds: durations.minutes(15) },
};
