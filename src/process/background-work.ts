import type { JobDependencies, Part } from '../access/part.ts';
import type { Assembly } from '../access/route-dependencies.ts';
import type { Dependencies } from '../domain/dependencies.ts';
import type { JobHandlers, JobName } from '../platform/jobs/job-queue.ts';
import { runInJob } from '../platform/logging/request-context.ts';

const cleanUpMilliseconds = 60_000;

/** The handlers of all parts, by name of the job. */
export function jobHandlers(parts: readonly Part[], deps: JobDependencies): JobHandlers {
  return Object.assign({}, ...parts.map(({ jobs }) => jobs?.(deps))) as JobHandlers;
}

export function jobNames(parts: readonly Part[]): JobName[] {
  // Handlers only close over their dependencies; nothing runs here.
  return Object.keys(jobHandlers(parts, {} as JobDependencies)) as JobName[];
}

/** Runs jobs until the queue is closed, and deletes expired rows once a minute. */
export async function startBackgroundWork(parts: readonly Part[], deps: JobDependencies): Promise<void> {
  await deps.jobs.work(jobHandlers(parts, deps));
  setInterval(() => void runInJob('clean-up', () => cleanUp(parts, deps)), cleanUpMilliseconds).unref();
}

/** Deletes expired rows. Every process does it; concurrent runs find only what the others left. */
export async function cleanUp(parts: readonly Part[], deps: Dependencies & Assembly): Promise<void> {
  if (deps.readiness.phase !== 'serving') return;
  const failures: unknown[] = [];
  const steps = parts.flatMap((part) => part.cleanUp ?? []);
  // A failing step must not prevent the others.
  for (const step of steps) await step(deps).catch((error: unknown) => failures.push(error));
  if (failures.length === 0) return;
  const [err] = failures;
  deps.logger.warn({ err }, 'Cleanup failed; retrying in a minute');
}
