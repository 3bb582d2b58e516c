import { Mutex } from 'async-mutex';

export type Turn = {
  /** Resolves when the turn begins, in the order of the calls. */
  begin(): Promise<void>;
  /** Admits the next one. Always call it. */
  end(): void;
};

/** One turn at a time; one that does not end blocks the next for `patienceMilliseconds` only. */
export function createTurns(patienceMilliseconds: number): () => Turn {
  const mutex = new Mutex();
  return () => {
    const ended = Promise.withResolvers<void>();
    return {
      begin: async () => {
        const release = await mutex.acquire();
        setTimeout(release, patienceMilliseconds).unref();
        void ended.promise.then(release);
      },
      end: () => ended.resolve(),
    };
  };
}
