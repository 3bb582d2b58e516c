import { AsyncLocalStorage } from 'node:async_hooks';
import type { Database } from './database.ts';

type Waiting<Key, Row> = {
  key: Key;
  /** Calls a function in the context of the request that waits: its trace, its log fields. */
  inItsContext: (call: () => void) => void;
  resolve: (row: Row | undefined) => void;
  reject: (error: unknown) => void;
};

type Limits = {
  /** Queries under way; without it there may be any number. */
  atOnce?: number;
  /** A query that takes longer no longer counts as under way. A commit usually takes less. */
  slowMilliseconds?: number;
};

/** Undefined for a key means that there is no row for it. */
type Load<Key, Row> = (
  db: Database,
  keys: readonly Key[],
) => Promise<(key: Key) => Row | undefined>;

/**
 * Answers what many requests ask for at the same moment with one query. Keys join until the query
 * has its connection and is sent, so that no answer is older than its question. While `atOnce`
 * queries are under way the next one waits, so that more keys join it, but not for a slow one. A
 * query runs in the context of the first request in it. Never ask within a last transaction: if
 * that request is the first, its transaction is committed too early.
 */
export function loadTogether<Key, Row>(
  db: Database,
  load: Load<Key, Row>,
  { atOnce = Number.POSITIVE_INFINITY, slowMilliseconds = 50 }: Limits = {},
): (key: Key) => Promise<Row | undefined> {
  const waiting: Waiting<Key, Row>[] = [];
  /** One waits for its connection at a time; whoever asks meanwhile joins it. */
  let isNextDue = false;
  let underWay = 0;

  const startNext = (): void => {
    const [first] = waiting;
    if (isNextDue || first === undefined || underWay >= atOnce) return;
    isNextDue = true;
    // All requests that arrived with this turn of the event loop.
    first.inItsContext(() => setImmediate(() => void run()));
  };

  const startNextInstead = (): void => {
    isNextDue = false;
    startNext();
  };

  /** Until the returned function is called, or the query is slow. */
  const countUnderWay = (): (() => void) => {
    let isCounted = true;
    underWay += 1;
    const end = (): void => {
      if (!isCounted) return;
      isCounted = false;
      clearTimeout(timer);
      underWay -= 1;
      startNext();
    };
    const timer = setTimeout(end, slowMilliseconds);
    return end;
  };

  const run = async (): Promise<void> => {
    let batch: Waiting<Key, Row>[] = [];
    const first = waiting.length;
    let letNext: () => void = startNextInstead;
    try {
      await db.connection().execute(async (connection) => {
        batch = waiting.splice(0);
        isNextDue = false;
        letNext = countUnderWay();
        const find = await load(
          connection,
          batch.map(({ key }) => key),
        );
        for (const { key, resolve } of batch) resolve(find(key));
      });
    } catch (error) {
      // Without a connection it fails for those that have waited for it as long.
      const failed = batch.length === 0 ? waiting.splice(0, first) : batch;
      for (const { reject } of failed) reject(error);
    } finally {
      letNext();
    }
  };

  return (key) => {
    const { promise, resolve, reject } = Promise.withResolvers<Row | undefined>();
    waiting.push({ key, inItsContext: AsyncLocalStorage.snapshot(), resolve, reject });
    startNext();
    return promise;
  };
}
