import type { Logger } from './logger.ts';
import { createReminder } from './reminder.ts';
import { reasonOf } from './serialize-error.ts';

/** For something outside this process that every request may need. */
export type OutageLog = { readonly isAway: boolean; failed(error: unknown): void; succeeded(): void };

/** One line when it fails, at most once a minute, and one when it works again. */
export function createOutageLog(logger: Logger, { away, back }: { away: string; back: string }): OutageLog {
  const reminder = createReminder();
  let isAway = false;
  return {
    get isAway() {
      return isAway;
    },
    failed: (error) => {
      if (!reminder.isDue()) return;
      isAway = true;
      logger.warn({ reason: reasonOf(error) }, away);
    },
    succeeded: () => {
      if (!isAway) return;
      isAway = false;
      logger.info(back);
    },
  };
}
