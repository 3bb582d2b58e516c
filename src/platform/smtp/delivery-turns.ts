import { setTimeout as sleep } from 'node:timers/promises';

export type Turn = {
  /** Resolves when the turn begins, in the order of the calls. */
  begin(): Promise<void>;
  /** Admits the next one. Always call it. */
  end(): void;
};

/** One turn at a time; one that does not end blocks the next for `patienceMilliseconds` only. */
export function createTurns(patienceMilliseconds: number): () => Turn {
  let free: Promise<void> = Promise.resolve();
  return () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const begin = (): Promise<void> => {
      const begun = free;
      free = begun.then(() => orAfter(patienceMilliseconds, ended));
      return begun;
    };
    return { begin, end };
  };
}

async function orAfter(milliseconds: number, happened: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const tired = sleep(milliseconds, undefined, { signal: timer.signal, ref: false }).catch(() => {});
  await Promise.race([happened, tired]);
  timer.abort();
}
