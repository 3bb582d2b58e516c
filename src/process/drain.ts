import cluster from 'node:cluster';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { CommandServer } from '../cli/local-socket/serve-commands.ts';
import type { DatabaseEngine } from '../platform/database/database.ts';
import type { PasswordHasher } from '../platform/hashing/password-hasher.ts';
import { closeListener } from '../platform/http/close-listener.ts';
import type { HttpServer } from '../platform/http/http-server.ts';
import type { Readiness } from '../platform/http/readiness.ts';
import type { JobQueue } from '../platform/jobs/job-queue.ts';
import type { Logger } from '../platform/logging/logger.ts';
import type { RateLimiter } from '../platform/rate-limit/rate-limit.ts';
import type { Tracing } from '../platform/tracing/tracing.ts';
import type { Shown } from './show-running.ts';
import { obeySupervisor } from './supervisor.ts';

/** How long a stopping process keeps answering while a proxy switches over. */
const lingerMilliseconds = 5000;

/** For a first request on the last accepted connection, or one in flight to an idle connection. */
const lateMilliseconds = 1000;

/** Longer than any request. Node stops enforcing its own timeouts once the server is closed. */
const closeMilliseconds = 12_000;

const shutdownMilliseconds = 29_000;

type Running = {
  app: HttpServer;
  /** Once commands are served on a socket. */
  commands: CommandServer | null;
  /** Once other processes can see that this one runs. */
  shown: Shown | null;
  tracing: Tracing | null;
  hasher: PasswordHasher;
  jobs: JobQueue;
  limiter: RateLimiter;
  engine: DatabaseEngine;
  readiness: Readiness;
};

/** A signal or the supervisor drains the process; an uncaught error or a second signal ends it. */
export function stopWhenTold(running: Running, logger: Logger): void {
  let toldSignal: string | undefined;
  const skip: ('SIGTERM' | 'SIGINT')[] = cluster.isWorker ? ['SIGTERM', 'SIGINT'] : [];
  const options = { delay: shutdownMilliseconds, logger: graceLogger(logger), skip };
  const shutdown = closeWithGrace(options, async ({ signal = toldSignal, ...event }) => {
    // Checks for the key, not the value: the thrown value may be undefined.
    if ('err' in event) throw toError(event.err);
    logger.info(`Stopping on ${signal ?? 'request'}`);
    await drain(running, signal);
    logger.info('Stopped');
  });
  if (cluster.isWorker) {
    obeySupervisor((signal) => {
      toldSignal = signal;
      shutdown.close();
    });
  }
}

/** In this order: not ready, no new connections, open requests to their end, then their tools. */
async function drain(running: Running, signal: string | undefined): Promise<void> {
  const { app, hasher, jobs, limiter, engine, readiness } = running;
  // After Ctrl-C a person waits and no proxy does; a process that was never ready has no requests.
  const lingers = signal === 'SIGTERM' && readiness.phase === 'serving';
  readiness.phase = 'draining';
  if (lingers) await sleep(lingerMilliseconds);
  await closeListener(app.server);
  if (lingers) await sleep(lateMilliseconds);
  // After the data that has arrived was read: closing a connection with an unread request resets
  // it.
  await nextTurn();
  app.server.closeIdleConnections();
  const cut = setTimeout(() => app.server.closeAllConnections(), closeMilliseconds);
  await app.close();
  clearTimeout(cut);
  await running.commands?.close();
  await hasher.close();
  await jobs.close();
  await limiter.close();
  await running.shown?.close();
  await running.tracing?.close();
  await engine.close();
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error('a value that is not an Error was thrown', { cause: thrown });
}

function graceLogger(logger: Logger): { error(message: unknown): void } {
  return {
    error: (message) => {
      if (message instanceof Error)
        logger.fatal({ err: message }, 'Uncaught error; the process exits');
      else logger.error(String(message));
    },
  };
}
