import { sql } from 'kysely';
import { type Database, now } from './database.ts';

/** The database's time without a query, so that rows and access tokens use the same clock. */
export type DatabaseClock = {
  now(): Date;
  /** By how much the database's time is ahead of this machine's, to a tenth. */
  skewSeconds(): number;
  /** Queries the database; throws if it does not answer. */
  measure(): Promise<void>;
  /** Repeats the measurement every 30 seconds, or every second after a failure. */
  watch(): void;
};

const watchMilliseconds = 30_000;
const retryMilliseconds = 1000;

/**
 * Extrapolates from the last measurement with the monotonic clock, so a change of this machine's
 * time has no effect. An embedded database shares the machine's time and is measured only once.
 */
export function createDatabaseClock(
  db: Database,
  { isEmbedded }: { isEmbedded: boolean },
): DatabaseClock {
  let offset = Date.now() - performance.now();

  const measure = async (): Promise<void> => {
    const before = performance.now();
    const { rows } = await sql<{ now: Date }>`SELECT ${now} AS now`.execute(db);
    const halfWay = (before + performance.now()) / 2;
    if (rows[0]) offset = rows[0].now.getTime() - halfWay;
  };
  const measureIn = (milliseconds: number): void => {
    const again = () =>
      measure().then(
        () => measureIn(watchMilliseconds),
        () => measureIn(retryMilliseconds),
      );
    setTimeout(() => void again(), milliseconds).unref();
  };

  return {
    now: () => new Date(performance.now() + offset),
    skewSeconds: () => Math.round((performance.now() + offset - Date.now()) / 100) / 10,
    measure,
    watch: () => {
      if (!isEmbedded) measureIn(watchMilliseconds);
    },
  };
}
