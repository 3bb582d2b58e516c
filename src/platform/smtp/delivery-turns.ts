import { setTimeout as sleep } from 'node:timers/promises';

export type Turn = {
  /** Returns when it is this one's turn, in the order of asking. */
  begin(): Promise<void>;
  /** Lets the next one in; to be called in any case. */
  end(): void;
};

/** One at a time, but nobody waits longer than `patienceMilliseconds` for one who is in and does not come out. */
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
