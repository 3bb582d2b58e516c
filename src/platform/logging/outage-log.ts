import { Gauge } from 'prom-client';
import { registry } from '../metrics/registry.ts';
import type { Logger } from './logger.ts';
import { createReminder } from './reminder.ts';
import { reasonOf } from './serialize-error.ts';

const up = new Gauge({
  name: 'adl_dependency_up',
  help: 'Whether what the service needs answered when it was last asked: 1 or 0',
  labelNames: ['dependency'],
  aggregator: 'min',
  registers: [registry],
});

/** For something outside this process that every request may need. */
export type OutageLog = {
  readonly isAway: boolean;
  failed(error: unknown): void;
  succeeded(): void;
};

type Words = { dependency: 'database' | 'redis' | 'smtp' | 'traces'; away: string; back: string };

/** Under overload some queries fail between others: that is no outage for each. */
const flutterMilliseconds = 500;

/** One line when it fails and once a minute while it does, and one when it works again. */
export function createOutageLog(logger: Logger, { dependency, away, back }: Words): OutageLog {
  const reminder = createReminder();
  let isAway = false;
  let isTold = false;
  let toldAt = 0;
  up.set({ dependency }, 1);
  return {
    get isAway() {
      return isAway;
    },
    failed: (error) => {
      up.set({ dependency }, 0);
      isAway = true;
      if (!reminder.isDue()) return;
      isTold = true;
      toldAt = performance.now();
      logger.warn({ reason: reasonOf(error) }, away);
    },
    succeeded: () => {
      up.set({ dependency }, 1);
      isAway = false;
      if (!isTold) return;
      isTold = false;
      logger.info(back);
      if (performance.now() - toldAt > flutterMilliseconds) reminder.reset();
    },
  };
}
