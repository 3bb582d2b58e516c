import type { JobDependencies, Part } from '../access/part.ts';
import type { Assembly } from '../access/route-dependencies.ts';
import type { Dependencies } from '../domain/dependencies.ts';
import type { JobHandlers, JobName } from '../platform/jobs/job-queue.ts';
import { createReminder } from '../platform/logging/reminder.ts';
import { runInJob } from '../platform/logging/request-context.ts';

const frequentMilliseconds = 5000;
const cleanUpMilliseconds = 60_000;

/** The handlers of all parts, by name of the job. */
export function jobHandlers(parts: readonly Part[], deps: JobDependencies): JobHandlers {
  return Object.assign({}, ...parts.map(({ jobs }) => jobs?.(deps))) as JobHandlers;
}

export function jobNames(parts: readonly Part[]): JobName[] {
  // Handlers only close over their dependencies; nothing runs here.
  return Object.keys(jobHandlers(parts, {} as JobDependencies)) as JobName[];
}

/** Runs jobs until the queue is closed, the frequent steps, and the clean-up once a minute. */
export async function startBackgroundWork(
  parts: readonly Part[],
  deps: JobDependencies,
): Promise<void> {
  await deps.jobs.work(jobHandlers(parts, deps));
  const reminder = createReminder();
  repeat(
    () => runInJob('frequent', () => runFrequent(parts, deps, reminder)),
    frequentMilliseconds,
  );
  repeat(() => runInJob('clean-up', () => cleanUp(parts, deps)), cleanUpMilliseconds);
}

/** One run at a time. */
function repeat(work: () => Promise<void>, milliseconds: number): void {
  setTimeout(() => void work().finally(() => repeat(work, milliseconds)), milliseconds).unref();
}

type StepDependencies = Dependencies & Assembly;
type Steps = readonly ((deps: StepDependencies) => Promise<void>)[];

export async function runFrequent(
  parts: readonly Part[],
  deps: StepDependencies,
  reminder = createReminder(),
): Promise<void> {
  const steps = parts.flatMap(({ frequent }) => frequent ?? []);
  const err = await runSteps(steps, deps);
  if (err !== null && reminder.isDue()) {
    deps.logger.warn({ err }, 'A frequent step fails; retrying every 5 seconds');
  }
}

/** Deletes expired rows. Every process does it; concurrent runs find only what the others left. */
export async function cleanUp(parts: readonly Part[], deps: StepDependencies): Promise<void> {
  const steps = parts.flatMap((part) => part.cleanUp ?? []);
  const err = await runSteps(steps, deps);
  if (err !== null) deps.logger.warn({ err }, 'Cleanup failed; retrying in a minute');
}

/** Returns the first error, or null. */
async function runSteps(steps: Steps, deps: StepDependencies): Promise<unknown> {
  if (deps.readiness.phase !== 'serving') return null;
  const failures: unknown[] = [];
  // A failing step must not prevent the others.
  for (const step of steps) await step(deps).catch((error: unknown) => failures.push(error));
  return failures[0] ?? null;
}
