import { LRUCache } from 'lru-cache';
import { type LimitPolicy, limitState, type RateLimiter } from './rate-limit.ts';

type Window = { seconds: number; count: number; endsAt: number };
type Options = { now?: () => number; maxKeys?: number };

const defaultMaxKeys = 100_000;
// Monotonic, because setting the time of day back would prolong every window.
const monotonic = () => performance.now();

/**
 * Counts in this process, in bounded memory. When there are too many keys, ended windows are
 * evicted first, then the least recently seen keys. A limited client that keeps sending is never
 * evicted, even by a flood of other keys.
 */
export function createMemoryLimiter({
  now = monotonic,
  maxKeys = defaultMaxKeys,
}: Options = {}): RateLimiter {
  // With `max`, an empty cache would take 3 MB and 4 ms.
  const size = { maxSize: maxKeys, sizeCalculation: () => 1 };
  const bySight = new LRUCache<string, Window>({
    ...size,
    dispose: ({ seconds }, key) => void byEnd.get(seconds)?.delete(key),
  });
  // All windows of one length end in the order in which they began. Nothing is ever read here, so
  // that the least recently used is the first to end.
  const byEnd = new Map<number, LRUCache<string, Window>>();

  const forgetEnded = (): void => {
    for (const windows of byEnd.values()) {
      for (const key of windows.rkeys()) {
        if ((windows.peek(key)?.endsAt ?? 0) > now()) break;
        bySight.delete(key);
      }
    }
  };
  const begin = (key: string, seconds: number): Window => {
    if (bySight.size >= maxKeys) forgetEnded();
    const window = { seconds, count: 0, endsAt: now() + seconds * 1000 };
    bySight.set(key, window);
    const windows = byEnd.get(seconds) ?? new LRUCache(size);
    byEnd.set(seconds, windows.set(key, window));
    return window;
  };

  return {
    degraded: false,
    take: async ({ name, limit, windowSeconds }: LimitPolicy, client) => {
      const key = `${name}:${client}`;
      let window = bySight.get(key);
      if (window === undefined || window.endsAt <= now()) window = begin(key, windowSeconds);
      window.count += 1;
      return limitState(limit, window.count, window.endsAt - now());
    },
    count: async ({ name }, client) => {
      const window = bySight.get(`${name}:${client}`);
      return window === undefined || window.endsAt <= now() ? 0 : window.count;
    },
    close: async () => {},
  };
}
