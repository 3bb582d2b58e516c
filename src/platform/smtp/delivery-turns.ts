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
    let acquired: ReturnType<Mutex['acquire']> | undefined;
    return {
      begin: async () => {
        acquired = mutex.acquire();
        setTimeout(await acquired, patienceMilliseconds).unref();
      },
      end: () => void acquired?.then((release) => release()),
    };
  };
}
