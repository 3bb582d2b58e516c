import { sql } from 'kysely';
import {
  fromKysely,
  type Job,
  type JobResult,
  PgBoss,
  type QueueOptions,
  type WorkOptions,
} from 'pg-boss';
import type { Database, DatabaseEngine, Transaction } from '../database/database.ts';
import { isDatabaseUnavailable } from '../database/database-errors.ts';
import { foldCase } from '../fold-case.ts';
import type { Logger } from '../logging/logger.ts';
import { createReminder } from '../logging/reminder.ts';
import { currentOrigin, type Origin, runInJob } from '../logging/request-context.ts';
import { reasonOf } from '../logging/serialize-error.ts';
import { currentTracing } from '../tracing/tracing.ts';
import { givenUpJobs } from './job-metrics.ts';

/**
 * The payload of each queue's jobs. It must hold no secret: finished jobs stay readable for a
 * while. Each module adds its own jobs by declaration merging.
 *
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface JobPayloads {}

export type JobName = keyof JobPayloads;
/** `origin` is the request that created the job, for the logs and audit events of the job. */
type JobContent = { payload: never; origin: Origin | null; traceparent?: string };

export type JobHandlers = { [Name in JobName]: (payload: JobPayloads[Name]) => Promise<void> };

export type JobQueue = {
  /** Adds a job. Inside a transaction it runs only if that commits. */
  send<Name extends JobName>(
    db: Database | Transaction,
    name: Name,
    payload: JobPayloads[Name],
  ): Promise<void>;
  /**
   * Deletes the jobs, finished ones too, whose payload has one of these values, whatever its case.
   */
  forget(trx: Transaction, values: readonly string[]): Promise<void>;
  /** Creates missing tables and queues. Must be called before `send`. */
  open(names: readonly JobName[]): Promise<void>;
  /** Runs jobs here. One that throws is retried with back-off, then given up. */
  work(handlers: JobHandlers): Promise<void>;
  /** Runs due jobs until none is left, as the workers would, and returns their number. */
  runDue(handlers: JobHandlers): Promise<number>;
  /** Reschedules the jobs that failed because of an outage to run within a minute. */
  endOutage(db: Database, name: JobName): Promise<void>;
  /** Waits up to 5 seconds for running jobs; unfinished ones are run again by another process. */
  close(): Promise<void>;
};

/** Thrown by a job that must be retried and has already logged why. */
export class TryAgainLater extends Error {
  /** True if all jobs of this queue fail for the same cause. */
  readonly isOutage: boolean;

  constructor(reason: string, isOutage: boolean) {
    super(reason);
    this.isOutage = isOutage;
  }
}

const schema = 'jobs';

/** Jobs of a dead process are retried within 60 s: heartbeat, next check, first delay. */
const heartbeatSeconds = 15;
const superviseSeconds = 10;

// Retries start after 10 to 20 seconds; the delay doubles up to 20 minutes, and half is random.
const queueOptions: QueueOptions & { notify: boolean } = {
  notify: true,
  heartbeatSeconds,
  expireInSeconds: 60,
  retryLimit: 200,
  retryBackoff: true,
  retryDelay: 10,
  retryDelayMax: 1200,
  retentionSeconds: 2 * 24 * 60 * 60,
  deleteAfterSeconds: 60 * 60,
};

// Several at once, so that a mail server that stalls on one mail does not delay the others. pg-boss
// fetches again at once only after a full batch; with batches of one it would wait after each job.
const workOptions = {
  localConcurrency: 4,
  batchSize: 3,
  burstWhenBatchFull: true,
  perJobResults: true,
  pollingIntervalSeconds: 1,
  notifyPollingIntervalSeconds: 5,
} as const satisfies WorkOptions;

const closeMilliseconds = 5000;

// After 10 minutes or more of retries the error is considered permanent.
const unexpectedFailures = 7;

const jobTable = sql.table(`${schema}.job`);
const jobNow = sql`${sql.id(schema, 'job_now')}()`;
const outageWait = sql`interval '30 seconds'`;

/** The durable queue in the database. Without `attended`, nothing runs in the background. */
export function createJobQueue(engine: DatabaseEngine, logger: Logger, attended = true): JobQueue {
  const boss = new PgBoss({
    ...engine.jobQueueOptions,
    useListenNotify: attended && engine.keepsSessions,
    schema,
    schedule: false,
    registerInstance: false,
    monitorVacuum: false,
    supervise: attended,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    maintenanceIntervalSeconds: 60 * 60,
  });
  // Each worker polls once a second and fails each time while the database is unavailable.
  const reminder = createReminder();
  boss.on('error', (error) => {
    engine.heedJobError(error);
    if (!reminder.isDue()) return;
    logger.warn(
      { reason: reasonOf(error) },
      'jobs: the queue cannot reach the database; jobs wait',
    );
  });
  return {
    send: async (db, name, payload) => {
      const traceparent = currentTracing()?.traceparent() ?? undefined;
      const traced = traceparent === undefined ? {} : { traceparent };
      await boss.send(
        name,
        { payload, origin: currentOrigin(), ...traced },
        { db: fromKysely(db) },
      );
    },
    forget: async (trx, values) => {
      if (values.length === 0) return;
      const folded = values.map(foldCase);
      await sql`
        DELETE FROM ${jobTable} WHERE EXISTS (
          SELECT FROM jsonb_each_text(data -> 'payload')
           WHERE lower(value COLLATE "C") = ANY(${folded}::text[]))`.execute(trx);
    },
    open: async (names) => {
      await boss.start({ attempts: 4 });
      for (const name of names) await boss.createQueue(name, queueOptions);
    },
    work: async (handlers) => {
      for (const name of namesOf(handlers)) {
        await boss.work<object>(name, workOptions, (batch) =>
          Promise.all(batch.map((job) => settle(handlers, logger, name, job))),
        );
      }
    },
    runDue: async (handlers) => {
      let total = 0;
      // A job may add a job to another queue.
      for (let count = -1; count !== 0; ) {
        count = 0;
        for (const name of namesOf(handlers)) count += await runDueOf(boss, handlers, logger, name);
        total += count;
      }
      return total;
    },
    endOutage: async (db, name) => {
      // SKIP LOCKED, because the workers of all processes would update the same rows.
      await sql`
        UPDATE ${jobTable} SET start_after = ${jobNow} + random() * ${outageWait} WHERE (name, id) IN (
          SELECT name, id FROM ${jobTable}
           WHERE name = ${name} AND state = 'retry' AND NOT blocked AND start_after > ${jobNow} + ${outageWait}
             AND output @> '{"isOutage": true}' FOR UPDATE SKIP LOCKED)`.execute(db);
    },
    close: () => boss.stop({ graceful: true, timeout: closeMilliseconds }),
  };
}

function namesOf(handlers: JobHandlers): JobName[] {
  return Object.keys(handlers) as JobName[];
}

type Settling = [handlers: JobHandlers, logger: Logger, name: JobName];

/** Never throws: each job of a batch succeeds or fails on its own. */
async function settle(...[handlers, logger, name, job]: [...Settling, Job]): Promise<JobResult> {
  try {
    const { payload, origin, traceparent } = job.data as JobContent;
    const run = () => runInJob(name, () => handlers[name](payload), origin);
    await (currentTracing()?.runJob(`job ${name}`, traceparent ?? null, run) ?? run());
    return { id: job.id, status: 'completed' };
  } catch (error) {
    if (error instanceof TryAgainLater) return failed(job, 'failed', { isOutage: error.isOutage });
    logger.error({ err: error, job: name }, 'A job failed');
    if (job.retryCount < unexpectedFailures || isDatabaseUnavailable(error))
      return failed(job, 'failed');
    logger.error({ job: name }, 'A job is given up after repeated failures');
    givenUpJobs.inc({ queue: name });
    return failed(job, 'deadletter');
  }
}

function failed({ id }: Job, status: 'failed' | 'deadletter', output: object = {}): JobResult {
  return { id, status, output };
}

async function runDueOf(boss: PgBoss, ...[handlers, logger, name]: Settling): Promise<number> {
  for (let count = 0; ; ) {
    const batch = await boss.fetch<object>(name, { batchSize: dueAtOnce });
    if (batch.length === 0) return count;
    const results = await Promise.all(batch.map((job) => settle(handlers, logger, name, job)));
    for (const { id, status, output } of results) {
      if (status === 'completed') await boss.complete(name, id);
      else if (status === 'deadletter') await boss.cancel(name, id);
      else await boss.fail(name, id, output as object);
    }
    count += batch.length;
  }
}

const dueAtOnce = workOptions.localConcurrency * workOptions.batchSize;
