import { type LimitPolicy, limitState, type RateLimiter } from './rate-limit.ts';

type Window = { key: string; count: number; endsAt: number };
/** All windows of a length; `head` is the one that ends first, as far as is known. */
type Ending = { windows: Map<string, Window>; walk: Iterator<Window, undefined>; head: Window | undefined };
type Options = { now?: () => number; maxKeys?: number };

const defaultMaxKeys = 100_000;
// Not the time of day: setting that back would keep everybody waiting for longer.
const monotonic = () => performance.now();

/**
 * Counts in this process. Bounded: where there are too many keys, those whose window is over go first, and then who
 * was not seen for longest; who sits at a limit and goes on asking stays, whatever flood of others there is.
 */
export function createMemoryLimiter({
  now = monotonic,
  maxKeys = defaultMaxKeys,
}: Options = {}): RateLimiter {
  // A Map keeps the order of insertion: by last sight here, and by end there, as all windows of a length end in turn.
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
 * One walk goes on where it stopped: a new one would pass by every entry deleted since the Map was last rebuilt, and
 * a flood of keys would make each request pay for a hundred thousand of them.
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
