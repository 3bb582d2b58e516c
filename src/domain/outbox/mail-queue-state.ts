import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { countUpTo, mostCounted } from '../../platform/lists/list-rows.ts';

export type MailQueueState = {
  queued: number;
  retrying: number;
  dead: number;
  oldestQueuedSeconds: number | null;
};

/** Counts the oldest 10,000 at most, so that a long outage does not make it slow. */
export async function readMailQueue(db: Database): Promise<MailQueueState> {
  // In the order of ids, which are made of the time.
  const { rows } = await sql<Omit<MailQueueState, 'dead'>>`
    SELECT count(*)::int AS queued, (count(*) FILTER (WHERE attempts > 0))::int AS retrying,
           greatest(0, extract(epoch FROM now() - min(created_at)))::float8 AS "oldestQueuedSeconds"
      FROM (SELECT attempts, created_at FROM mails WHERE status = 'queued'
             ORDER BY id LIMIT ${mostCounted}) AS oldest`.execute(db);
  const dead = await countUpTo(db, { table: sql.table('mails'), filter: sql`status = 'dead'` });
  const [{ queued, retrying, oldestQueuedSeconds } = nothing] = rows;
  const isEmpty = queued === 0;
  return {
    queued,
    retrying,
    dead: dead.count,
    oldestQueuedSeconds: isEmpty ? null : oldestQueuedSeconds,
  };
}

const nothing = { queued: 0, retrying: 0, oldestQueuedSeconds: null };
