import cluster, { type Worker } from 'node:cluster';
import { shareDroppedLines } from '../platform/logging/dropped-lines.ts';
import type { Logger } from '../platform/logging/logger.ts';

type StopSignal = 'SIGTERM' | 'SIGINT';

const shortestWaitMilliseconds = 1000;
const longestWaitMilliseconds = 30_000;

/**
 * Runs `WEB_CONCURRENCY` server processes on one port. One that dies is replaced, and a replacement that cannot start
 * is tried again, later each time: the others go on serving. Only where none has ever served does a failure end them
 * all. A signal is passed on, and the last to stop ends this process.
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
      // Without a process there is no other event. All else is said to one that has just gone, and has its own.
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
    const wait = Math.min(shortestWaitMilliseconds * 2 ** Math.max(failures - 1, 0), longestWaitMilliseconds);
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
    // It was still starting when the others were told, and heard nothing.
    if (stopping !== null) worker.send({ stop: stopping });
  });
  shareDroppedLines();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  for (let started = 0; started < count; started += 1) start(0);
}

/** In a server process: tells the supervisor that it serves. */
export function reportServing(): void {
  // Where the supervisor is gone, its absence is an event of its own.
  process.send?.({ serving: true }, undefined, undefined, () => {});
}

/**
 * In a server process: stops when the supervisor says so, or is gone. Signals of the system are left to the
 * supervisor, because a terminal sends them to all processes at once and the second one would mean "at once".
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

/** The system could not make a process for it. */
function isMissing({ process: { pid } }: Worker): boolean {
  return pid === undefined;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
