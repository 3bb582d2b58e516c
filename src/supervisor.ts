import cluster, { type Worker } from 'node:cluster';
import { shareDroppedLines } from './platform/logging/dropped-lines.ts';
import type { Logger } from './platform/logging/logger.ts';

type StopSignal = 'SIGTERM' | 'SIGINT';

const restartMilliseconds = 1000;

/**
 * Runs `WEB_CONCURRENCY` server processes on one port. One that dies in service is replaced; one that can not start
 * ends them all, since the next could not either. A signal is passed on, and the last to stop ends this process.
 */
export function superviseServers(count: number, logger: Logger): void {
  const serving = new Set<number>();
  let stopping: StopSignal | null = null;
  let exitCode = 0;
  const stop = (signal: StopSignal): void => {
    stopping = signal;
    for (const worker of workers()) if (worker.isConnected()) worker.send({ stop: signal });
  };
  cluster.on('exit', (worker, code, signal) => {
    const wasServing = serving.delete(worker.id);
    if (stopping === null && wasServing) {
      logger.error(`Server process ended (${signal ?? code}); starting another`);
      setTimeout(() => stopping === null && cluster.fork(), restartMilliseconds);
    } else if (code !== 0) {
      exitCode = 1;
      stop('SIGINT');
    }
    if (stopping !== null && workers().length === 0) process.exit(exitCode);
  });
  cluster.on('message', (worker, message: { serving?: true }) => {
    if (message.serving !== true) return;
    serving.add(worker.id);
    // It was still starting when the others were told, and heard nothing.
    if (stopping !== null) worker.send({ stop: stopping });
  });
  shareDroppedLines();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  for (let started = 0; started < count; started += 1) cluster.fork();
}

/** In a server process: tells the supervisor that it serves. */
export function reportServing(): void {
  process.send?.({ serving: true });
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
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}
