import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { parts } from '../src/app.ts';
import { noticeLifeSeconds, queueMail } from '../src/domain/outbox/queue-mail.ts';
import { createKeyRing } from '../src/platform/crypto/secret-keys.ts';
import {
  createDatabase,
  type DatabaseEngine,
  transact,
} from '../src/platform/database/database.ts';
import { openEmbedded } from '../src/platform/database/embedded-engine.ts';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { createJobQueue } from '../src/platform/jobs/job-queue.ts';
import { jobNames } from '../src/process/background-work.ts';
import { newRegistration } from '../test/factories.ts';
import { type ServerProcess, startServer } from '../test/faults/server-process.ts';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { type SmtpSink, startSmtpSink } from '../test/smtp-sink.ts';
import { type Figure, median, percentile } from './figure.ts';

const pairs = 60;
const handovers = 30;
// The worker must finish the job of one request before the next is measured.
const settleMilliseconds = 150;
const queued = 1000;

/** Requesting a link, delivering a mail, and emptying a full queue, on both engines. */
export async function measureMails(): Promise<Figure[]> {
  const ends: (() => unknown)[] = [];
  const context = { after: (end: () => unknown) => void ends.push(end) };
  const sink = await startSmtpSink(context);
  const postgres = await startPrivatePostgres();
  const environments = {
    PostgreSQL: { ...environment(sink), DATABASE_URL: postgres.url() },
    embedded: environment(sink),
  };
  const figures: Figure[] = [];
  for (const [engine, env] of Object.entries(environments)) {
    const server = await startServer(context, { env });
    figures.push(await measureForgot(server, engine), await measureHandover(server, sink, engine));
    figures.push(await measureQueue(context, server, sink, engine));
  }
  for (const end of ends.toReversed()) await end();
  await postgres.destroy();
  return figures;
}

function environment({ port }: SmtpSink): Record<string, string> {
  const smtp = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port), SMTP_SECURITY: 'none' };
  const quiet = { LOG_LEVEL: 'warn', RATE_LIMIT_PER_HOUR: '0' };
  return { ...smtp, ...quiet, SMTP_FROM_EMAIL: 'adl@service.test' };
}

/**
 * The difference of the medians for addresses with and without an account, requested alternately.
 */
async function measureForgot(server: ServerProcess, engine: string): Promise<Figure> {
  const known: number[] = [];
  const unknown: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const person = newRegistration();
    await server.request('POST', '/api/users/register', { body: person });
    await sleep(settleMilliseconds);
    known.push(await timeForgot(server, person.email));
    await sleep(settleMilliseconds);
    unknown.push(await timeForgot(server, newRegistration().email));
    await sleep(settleMilliseconds);
  }
  const value = Math.abs(median(known) - median(unknown));
  return { name: `forgot, known against unknown address, ${engine}`, value, unit: 'ms', bar: 5 };
}

async function timeForgot(server: ServerProcess, email: string): Promise<number> {
  const begun = performance.now();
  await server.request('POST', '/api/password/forgot-password', { body: { email } });
  return performance.now() - begun;
}

/**
 * From the answer, which follows the commit, until the mail server has the mail; 100 ms of this is
 * the server's greeting.
 */
async function measureHandover(
  server: ServerProcess,
  sink: SmtpSink,
  engine: string,
): Promise<Figure> {
  const waits: number[] = [];
  for (let count = 0; count < handovers; count += 1) {
    const before = sink.mails.length;
    await server.request('POST', '/api/users/register', { body: newRegistration() });
    const committed = performance.now();
    while (sink.mails.length === before) await sleep(1);
    waits.push(performance.now() - committed);
    await sleep(50);
  }
  return {
    name: `mail delivered after its commit, p95, ${engine}`,
    value: percentile(waits, 0.95),
    unit: 'ms',
    bar: 200,
  };
}

/**
 * A thousand mails, queued without a worker: from the moment the server starts until the last is
 * delivered.
 */
async function measureQueue(
  context: Parameters<typeof startServer>[0],
  server: ServerProcess,
  sink: SmtpSink,
  engineName: string,
): Promise<Figure> {
  await server.terminate();
  const { DATABASE_URL: url, DATA_DIR: dataDir = '', SECRET_KEY: secret = '' } = server.env;
  await fillQueue(
    url === undefined ? await openEmbedded(dataDir) : openPostgres({ url, poolSize: 2 }),
    secret,
  );
  const before = sink.mails.length;
  await startServer(context, { env: server.env });
  const begun = performance.now();
  while (sink.mails.length < before + queued) await sleep(5);
  const value = (performance.now() - begun) / 1000;
  return { name: `${queued} queued mails delivered, ${engineName}`, value, unit: 's', bar: 20 };
}

async function fillQueue(engine: DatabaseEngine, secret: string): Promise<void> {
  const db = createDatabase(engine.pool, () => {});
  const logger = pino({ enabled: false });
  const jobs = createJobQueue(engine, logger, false);
  await jobs.open(jobNames(parts));
  const deps = { jobs, keys: createKeyRing(secret), logger };
  for (let batch = 0; batch < 10; batch += 1) {
    await transact(db, async (trx) => {
      for (let count = 0; count < queued / 10; count += 1) {
        const recipient = newRegistration().email;
        const notice = {
          kind: 'test' as const,
          recipient,
          subject: null,
          linkId: null,
          device: null,
          ip: null,
        };
        await queueMail(deps, trx, { ...notice, lifeSeconds: noticeLifeSeconds });
      }
    });
  }
  await jobs.close();
  await engine.close();
}
