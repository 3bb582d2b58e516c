import { sql } from 'kysely';
import { type Database, now } from './database.ts';

/** The database's time, told without asking it: what is kept in rows and what a token says go by one clock. */
export type DatabaseClock = {
  now(): Date;
  /** Asks the database; throws where it does not answer. */
  measure(): Promise<void>;
  /** Measures again and again from now on, sooner where the last time failed. */
  watch(): void;
};

const watchMilliseconds = 30_000;
const retryMilliseconds = 1000;

/**
 * Counts on from the last measurement by the monotonic clock, so that this machine's time may be set while it runs.
 * An embedded database has that very time: it is measured once, and what is set later changes nothing.
 */
export function createDatabaseClock(db: Database, { isEmbedded }: { isEmbedded: boolean }): DatabaseClock {
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
    measure,
    watch: () => {
      if (!isEmbedded) measureIn(watchMilliseconds);
    },
  };
}
