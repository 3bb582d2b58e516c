import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { countUpTo } from '../../platform/lists/list-rows.ts';

export type MailQueueState = {
  queued: number;
  retrying: number;
  dead: number;
  oldestQueuedSeconds: number | null;
};

/** Each count up to 10,000, so that a long outage does not make it slow. */
export async function readMailQueue(db: Database): Promise<MailQueueState> {
  const queued = sql<boolean>`status = 'queued'`;
  return {
    queued: await count(db, queued),
    retrying: await count(db, sql`${queued} AND attempts > 0`),
    dead: await count(db, sql`status = 'dead'`),
    oldestQueuedSeconds: await readOldestAge(db),
  };
}

async function count(db: Database, filter: ReturnType<typeof sql<boolean>>): Promise<number> {
  return (await countUpTo(db, { table: sql.table('mails'), filter })).count;
}

/** The lowest id is the oldest mail's: ids are made of the time. */
async function readOldestAge(db: Database): Promise<number | null> {
  const { rows } = await sql<{ age: number }>`
    SELECT greatest(0, extract(epoch FROM now() - created_at))::float8 AS age
      FROM mails WHERE status = 'queued' ORDER BY id LIMIT 1`.execute(db);
  return rows[0]?.age ?? null;
}
