import { sql } from 'kysely';
import { fromKysely, type Job, type JobResult, PgBoss, type QueueOptions, type WorkOptions } from 'pg-boss';
import type { Database, DatabaseEngine, Transaction } from '../database/database.ts';
import { isDatabaseUnavailable } from '../database/database-errors.ts';
import type { Logger } from '../logging/logger.ts';
import { createReminder } from '../logging/reminder.ts';
import { currentOrigin, type Origin, runInJob } from '../logging/request-context.ts';

/**
 * The queues and what a job of each carries, never a secret: finished jobs stay readable for a while. Whoever has jobs
 * adds them here by declaration merging.
 *
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface JobPayloads {}

export type JobName = keyof JobPayloads;
/** The request that a job was put there by goes with it, so that what the job does can be told of that request. */
type JobContent = { payload: never; origin: Origin | null };

export type JobHandlers = { [Name in JobName]: (payload: JobPayloads[Name]) => Promise<void> };

export type JobQueue = {
  /** Puts a job into the transaction, or commits it at once where `db` is none: it runs if, and only if, that commits. */
  send<Name extends JobName>(
    db: Database | Transaction,
    name: Name,
    payload: JobPayloads[Name],
  ): Promise<void>;
  /** Makes the queue's tables, and the queues of these names, where they are missing. Jobs can be sent from then on. */
  open(names: readonly JobName[]): Promise<void>;
  /**
   * Lets jobs run in this process. One that throws is tried again, later each time; one that throws what nobody
   * expected is given up in the end.
   */
  work(handlers: JobHandlers): Promise<void>;
  /** Runs what is due until nothing is, and gives the number of jobs: the workers' work, in step. */
  runDue(handlers: JobHandlers): Promise<number>;
  /** What an outage has failed is tried within a minute from now, however long it would still have waited. */
  endOutage(db: Database, name: JobName): Promise<void>;
  /** Waits a moment for jobs under way; what is not done by then goes back and is run again by whoever is there. */
  close(): Promise<void>;
};

/** Thrown by a job that could not be done yet and has said so itself. */
export class TryAgainLater extends Error {
  /** True where all jobs of the kind fail for the same cause. */
  readonly isOutage: boolean;

  constructor(reason: string, isOutage: boolean) {
    super(reason);
    this.isOutage = isOutage;
  }
}

const schema = 'jobs';

/**
 * A process that died says nothing: its jobs are taken up when the heartbeat has been missing for 15 s, looked for
 * every 10 s, and after the first wait between attempts. Together less than 60 s.
 */
const heartbeatSeconds = 15;
const superviseSeconds = 10;

// From 10 to 20 seconds on the first time, twice that on the next, half of it at random; 20 minutes at most.
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

// Several at once, so that a mail server that stalls on one holds up no other. A full batch is followed by the next
// at once; with batches of one the library would wait after each.
const workOptions = {
  localConcurrency: 4,
  batchSize: 3,
  burstWhenBatchFull: true,
  perJobResults: true,
  pollingIntervalSeconds: 1,
  notifyPollingIntervalSeconds: 5,
} as const satisfies WorkOptions;

const closeMilliseconds = 5000;

// Ten minutes or more of attempts: what throws then will go on to.
const unexpectedFailures = 7;

const jobTable = sql.table(`${schema}.job`);
const jobNow = sql`${sql.id(schema, 'job_now')}()`;
const outageWait = sql`interval '30 seconds'`;

/** The durable queue, in the service's own database. One that is not `attended` does nothing that it is not told to. */
export function createJobQueue(engine: DatabaseEngine, logger: Logger, attended = true): JobQueue {
  const boss = new PgBoss({
    ...engine.jobQueueOptions,
    useListenNotify: attended,
    schema,
    schedule: false,
    registerInstance: false,
    monitorVacuum: false,
    supervise: attended,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    maintenanceIntervalSeconds: 60 * 60,
  });
  // Each worker asks once a second, and while the database is away each of them fails.
  const reminder = createReminder();
  boss.on('error', (error) => {
    engine.heedJobError(error);
    if (reminder.isDue())
      logger.warn({ err: error }, 'jobs: the queue does not reach the database; jobs wait');
  });
  return {
    send: async (db, name, payload) => {
      await boss.send(name, { payload, origin: currentOrigin() }, { db: fromKysely(db) });
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
      // A job of one queue may put one into another.
      for (let count = -1; count !== 0; ) {
        count = 0;
        for (const name of namesOf(handlers)) count += await runDueOf(boss, handlers, logger, name);
        total += count;
      }
      return total;
    },
    endOutage: async (db, name) => {
      // One of them at a time: the workers of all processes would do the same to the same rows.
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

/** Each job of a batch has an end of its own. */
async function settle(...[handlers, logger, name, job]: [...Settling, Job]): Promise<JobResult> {
  try {
    const { payload, origin } = job.data as JobContent;
    await runInJob(name, () => handlers[name](payload), origin);
    return { id: job.id, status: 'completed' };
  } catch (error) {
    if (error instanceof TryAgainLater) return failed(job, 'failed', { isOutage: error.isOutage });
    logger.error({ err: error, job: name }, 'A job failed');
    if (job.retryCount < unexpectedFailures || isDatabaseUnavailable(error)) return failed(job, 'failed');
    logger.error({ job: name }, 'A job is given up: it failed again and again');
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

// As many as the workers take.
const dueAtOnce = workOptions.localConcurrency * workOptions.batchSize;
