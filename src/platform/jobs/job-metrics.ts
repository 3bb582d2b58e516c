import { sql } from 'kysely';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../database/database.ts';
import { registry } from '../metrics/registry.ts';

/** How far jobs are counted. */
const mostCounted = 10_000;

export const givenUpJobs = new Counter({
  name: 'adl_jobs_given_up_total',
  help: 'Jobs that failed so often that they are not tried again, by queue',
  labelNames: ['queue'],
  registers: [registry],
});

type Count = { queue: string; waiting: number; running: number; overdueSeconds: number };

/**
 * Registers the metrics of the job queue and returns a function that updates them from its tables.
 */
export function addJobMetrics(facts: Registry, db: Database): () => Promise<void> {
  const registers = [facts];
  const jobs = new Gauge({
    name: 'adl_jobs',
    help: `Jobs by queue and state; ${mostCounted} stands for any larger number`,
    labelNames: ['queue', 'state'],
    registers,
  });
  const overdue = new Gauge({
    name: 'adl_job_oldest_due_seconds',
    help: 'For how long the oldest job of the queue could have run; 0 if none is due',
    labelNames: ['queue'],
    registers,
  });
  return async () => {
    for (const { queue, waiting, running, overdueSeconds } of await countJobs(db)) {
      jobs.set({ queue, state: 'waiting' }, waiting);
      jobs.set({ queue, state: 'running' }, running);
      overdue.set({ queue }, overdueSeconds);
    }
  };
}

/** By the index of jobs that are not finished, whose condition is repeated here. */
async function countJobs(db: Database): Promise<Count[]> {
  const ofQueue = sql`job.name = queue.name AND state IN ('created', 'retry', 'active', 'failed')`;
  const firstDue = (state: 'created' | 'retry') => sql`
    (SELECT start_after FROM jobs.job WHERE ${ofQueue} AND state = ${sql.lit(state)} AND NOT blocked
      ORDER BY start_after LIMIT 1)`;
  const { rows } = await sql<Count>`
    SELECT queue.name AS queue, waiting, running,
           greatest(0, coalesce(extract(epoch FROM jobs.job_now() - least(${firstDue('created')}, ${firstDue('retry')})), 0))::float8
             AS "overdueSeconds"
      FROM jobs.queue,
           LATERAL (SELECT (count(*) FILTER (WHERE state <> 'active'))::int AS waiting,
                           (count(*) FILTER (WHERE state = 'active'))::int AS running
                      FROM (SELECT state FROM jobs.job WHERE ${ofQueue} AND state <> 'failed'
                             LIMIT ${mostCounted}) AS found) AS counted
     WHERE queue.name NOT LIKE '\\_\\_%'`.execute(db);
  return rows;
}
