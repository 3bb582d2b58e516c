import cluster, { type Worker } from 'node:cluster';
import { shareDroppedLines } from '../platform/logging/dropped-lines.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { collectMetrics } from '../platform/metrics/shared-metrics.ts';

type StopSignal = 'SIGTERM' | 'SIGINT';

const shortestWaitMilliseconds = 1000;
const longestWaitMilliseconds = 30_000;

/**
 * Runs `WEB_CONCURRENCY` server processes on one port. A process that dies is replaced; a
 * replacement that cannot start is retried with back-off while the others serve. A failure ends
 * them all only if none has ever served. A signal is passed on, and this process ends with the last
 * of them.
 */
export function superviseServers(count: number, logger: Logger): void {
  const serving = new Set<number>();
  const failuresBefore = new Map<number, number>();
  let hasServed = false;
  let stopping: StopSignal | null = null;
  let exitCode = 0;

  const start = (failures: number): void => {
    if (stopping !== null) return;
    try {
      const worker = cluster.fork();
      failuresBefore.set(worker.id, failures);
      // If the fork failed there is no other event; other errors come from a worker that is ending.
      worker.on('error', (error) => isMissing(worker) && lose(worker, codeOf(error)));
    } catch (error) {
      fail(failures + 1, codeOf(error));
    }
  };
  const lose = (worker: Worker, reason: string | number): void => {
    const failures = serving.delete(worker.id) ? 0 : (failuresBefore.get(worker.id) ?? 0) + 1;
    failuresBefore.delete(worker.id);
    fail(failures, reason);
  };
  const fail = (failures: number, reason: string | number): void => {
    if (reason !== 0 && (stopping !== null || !hasServed)) exitCode = 1;
    if (stopping === null && !hasServed) stop('SIGINT');
    else if (stopping === null) replace(failures, reason);
    else exitWithLast();
  };
  const replace = (failures: number, reason: string | number): void => {
    const wait = Math.min(
      shortestWaitMilliseconds * 2 ** Math.max(failures - 1, 0),
      longestWaitMilliseconds,
    );
    const ended = `Server process ended (${reason}); starting another`;
    const failed = `A server process could not start (${reason}); trying again in ${wait / 1000} s`;
    logger.error(failures === 0 ? ended : failed);
    setTimeout(() => start(failures), wait);
  };
  const stop = (signal: StopSignal): void => {
    stopping = signal;
    for (const worker of workers()) if (worker.isConnected()) worker.send({ stop: signal });
    exitWithLast();
  };
  const exitWithLast = (): void => {
    if (workers().length === 0) process.exit(exitCode);
  };

  cluster.on('exit', (worker, code, signal) => lose(worker, signal ?? code));
  cluster.on('message', (worker, message: { serving?: true }) => {
    if (message.serving !== true) return;
    hasServed = true;
    serving.add(worker.id);
    // It was still starting when the others were stopped.
    if (stopping !== null) worker.send({ stop: stopping });
  });
  shareDroppedLines();
  collectMetrics();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  for (let started = 0; started < count; started += 1) start(0);
}

/** In a server process: tells the supervisor that it serves. */
export function reportServing(): void {
  // If the supervisor is gone, `disconnect` handles it.
  process.send?.({ serving: true }, undefined, undefined, () => {});
}

/**
 * In a server process: stops when the supervisor says so or is gone. The supervisor handles
 * signals, because a terminal sends them to all processes, and a second signal means "at once".
 */
export function obeySupervisor(stop: (signal: StopSignal) => void): void {
  process.on('message', (message: { stop?: StopSignal }) => message.stop && stop(message.stop));
  process.once('disconnect', () => stop('SIGTERM'));
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(
    (worker): worker is Worker => worker !== undefined && !isMissing(worker),
  );
}

/** The system could not create its process. */
function isMissing({ process: { pid } }: Worker): boolean {
  return pid === undefined;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
