import type { Database } from './database.ts';

type Waiting<Key, Row> = {
  key: Key;
  resolve: (row: Row | undefined) => void;
  reject: (error: unknown) => void;
};

/** Null for a key means that there is no row for it. */
type Load<Key, Row> = (
  db: Database,
  keys: readonly Key[],
) => Promise<(key: Key) => Row | undefined>;

/**
 * Answers what many requests ask for at the same moment with one query. Keys join until the query
 * has its connection and is sent, so that no answer is older than its question.
 */
export function loadTogether<Key, Row>(
  db: Database,
  load: Load<Key, Row>,
): (key: Key) => Promise<Row | undefined> {
  const waiting: Waiting<Key, Row>[] = [];

  const run = async (): Promise<void> => {
    let batch: Waiting<Key, Row>[] = [];
    const first = waiting.length;
    try {
      await db.connection().execute(async (connection) => {
        batch = waiting.splice(0);
        const find = await load(
          connection,
          batch.map(({ key }) => key),
        );
        for (const { key, resolve } of batch) resolve(find(key));
      });
    } catch (error) {
      // Without a connection it fails for those that have waited for it as long.
      if (batch.length === 0) {
        batch = waiting.splice(0, first);
        if (waiting.length > 0) void run();
      }
      for (const { reject } of batch) reject(error);
    }
  };

  return (key) => {
    const { promise, resolve, reject } = Promise.withResolvers<Row | undefined>();
    waiting.push({ key, resolve, reject });
    // All requests that arrived with this turn of the event loop.
    if (waiting.length === 1) setImmediate(() => void run());
    return promise;
  };
}
