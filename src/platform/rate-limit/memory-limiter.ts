import { type LimitPolicy, limitState, type RateLimiter } from './rate-limit.ts';

type Window = { key: string; count: number; endsAt: number };
type Options = { now?: () => number; maxKeys?: number };

const defaultMaxKeys = 100_000;

/**
 * Counts in this process. Bounded: where there are too many keys, those whose window is over go first, and then who
 * was not seen for longest; who sits at a limit and goes on asking stays, whatever flood of others there is.
 */
export function createMemoryLimiter({ now = Date.now, maxKeys = defaultMaxKeys }: Options = {}): RateLimiter {
  // A Map keeps the order of insertion: by last sight here, and by end there, as all windows of a length end in turn.
  const bySight = new Map<string, Window>();
  const byEnd = new Map<number, Map<string, Window>>();

  const forget = (seconds: number, window: Window): void => {
    bySight.delete(window.key);
    byEnd.get(seconds)?.delete(window.key);
  };
  const forgetEnded = (): void => {
    for (const [seconds, windows] of byEnd) {
      for (const window of windows.values()) {
        if (window.endsAt > now()) break;
        forget(seconds, window);
      }
    }
  };
  const begin = (policy: LimitPolicy, key: string): Window => {
    if (bySight.size >= maxKeys) forgetEnded();
    const [oldest] = bySight.values();
    if (bySight.size >= maxKeys && oldest) for (const seconds of byEnd.keys()) forget(seconds, oldest);
    const window = { key, count: 0, endsAt: now() + policy.windowSeconds * 1000 };
    const windows = byEnd.get(policy.windowSeconds) ?? new Map<string, Window>();
    byEnd.set(policy.windowSeconds, windows.set(key, window));
    return window;
  };

  return {
    degraded: false,
    take: async (policy, name) => {
      const key = `${policy.name}:${name}`;
      let window = bySight.get(key);
      if (window && window.endsAt <= now()) {
        forget(policy.windowSeconds, window);
        window = undefined;
      }
      window ??= begin(policy, key);
      bySight.delete(key);
      bySight.set(key, window);
      window.count += 1;
      return limitState(policy.limit, window.count, window.endsAt - now());
    },
    close: async () => {},
  };
}
