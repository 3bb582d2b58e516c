import type { TestContext } from 'node:test';

type Callback = (...given: never[]) => void;

export type WatchedTimers = {
  /** How many are set, and neither cleared nor over. */
  count(): number;
  /** Ends the time of all of them now. */
  expire(): void;
};

/** The timers of exactly that duration that are set from now on, until the end of the test. */
export function watchTimers(t: TestContext, milliseconds: number): WatchedTimers {
  const running = new Map<NodeJS.Timeout, () => void>();
  const { setTimeout: start, clearTimeout: clear } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (run: Callback, ms: number, ...given: never[]) => {
    const end = (): void => {
      running.delete(timer);
      run(...given);
    };
    const timer = start(end, ms);
    if (ms === milliseconds) running.set(timer, end);
    return timer;
  });
  t.mock.method(globalThis, 'clearTimeout', (timer: NodeJS.Timeout) => {
    running.delete(timer);
    clear(timer);
  });
  const expire = (): void => {
    for (const [timer, end] of running) {
      clear(timer);
      end();
    }
  };
  return { count: () => running.size, expire };
}
