import { type LimitPolicy, limitState, type RateLimiter } from './rate-limit.ts';

type Window = { key: string; count: number; endsAt: number };
/** All windows of one length; `head` is the one that ends first, if known. */
type Ending = { windows: Map<string, Window>; walk: Iterator<Window, undefined>; head: Window | undefined };
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
  // A Map keeps insertion order: `bySight` is ordered by last request, and `byEnd` by the end of
  // the window, because all windows of one length end in the order in which they began.
  const bySight = new Map<string, Window>();
  const byEnd = new Map<number, Ending>();
  let sights = bySight.values();

  const forget = (seconds: number, window: Window): void => {
    bySight.delete(window.key);
    byEnd.get(seconds)?.windows.delete(window.key);
  };
  const forgetEnded = (): void => {
    for (const [seconds, ending] of byEnd) {
      for (let first = firstToEnd(ending); first && first.endsAt <= now(); first = firstToEnd(ending)) {
        forget(seconds, first);
      }
    }
  };
  const forgetOldest = (): void => {
    let { value: oldest, done } = sights.next();
    if (done) {
      sights = bySight.values();
      oldest = sights.next().value;
    }
    if (oldest) for (const seconds of byEnd.keys()) forget(seconds, oldest);
  };
  const begin = (policy: LimitPolicy, key: string): Window => {
    if (bySight.size >= maxKeys) forgetEnded();
    if (bySight.size >= maxKeys) forgetOldest();
    const window = { key, count: 0, endsAt: now() + policy.windowSeconds * 1000 };
    const ending = byEnd.get(policy.windowSeconds) ?? createEnding();
    byEnd.set(policy.windowSeconds, ending);
    ending.windows.set(key, window);
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

function createEnding(): Ending {
  const windows = new Map<string, Window>();
  return { windows, walk: windows.values(), head: undefined };
}

/**
 * Continues one iterator. A new one would step over every entry deleted since the Map was last
 * rehashed; in a flood of keys each request would step over up to a hundred thousand.
 */
function firstToEnd(ending: Ending): Window | undefined {
  while (ending.head === undefined || ending.windows.get(ending.head.key) !== ending.head) {
    const next = ending.walk.next();
    ending.head = next.done ? undefined : next.value;
    if (!next.done) continue;
    ending.walk = ending.windows.values();
    return undefined;
  }
  return ending.head;
}
