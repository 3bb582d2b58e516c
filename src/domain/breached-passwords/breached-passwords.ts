import { Counter } from 'prom-client';
import type { AskRange } from '../../platform/digest-ranges/ask-range.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { createReminder } from '../../platform/logging/reminder.ts';
import { reasonOf } from '../../platform/logging/serialize-error.ts';
import { registry } from '../../platform/metrics/registry.ts';
import { breachDigest } from './breach-digest.ts';

export type BreachedPasswords = {
  /** Whether the password is known from a breach; no, if nobody can be asked. Never throws. */
  has(password: string, signal: AbortSignal): Promise<boolean>;
};

const answers = new Counter({
  name: 'adl_breached_password_queries_total',
  help: 'Questions to BREACHED_PASSWORDS_URL: found, not found, or failed and let pass',
  labelNames: ['outcome'],
  registers: [registry],
});
for (const outcome of ['found', 'not found', 'failed']) answers.inc({ outcome }, 0);

const noAnswer =
  'breached passwords: BREACHED_PASSWORDS_URL does not answer; new passwords are checked without it';

type Filter = { test(digest: string): boolean };
type Sources = { filter: Filter | null; askRange: AskRange | null };

/** The filter is asked first: what it knows, nobody else has to hear of. */
export function createBreachedPasswords(
  { filter, askRange }: Sources,
  logger: Logger,
): BreachedPasswords {
  const reminder = createReminder();
  return {
    has: async (password, signal) => {
      const digest = breachDigest(password);
      if (filter?.test(digest)) return true;
      if (askRange === null) return false;
      try {
        const isFound = await askRange(digest, signal);
        answers.inc({ outcome: isFound ? 'found' : 'not found' });
        return isFound;
      } catch (error) {
        // Whoever disconnects has broken nothing.
        if (signal.aborted) return false;
        answers.inc({ outcome: 'failed' });
        if (reminder.isDue()) logger.warn({ reason: reasonOf(error) }, noAnswer);
        return false;
      }
    },
  };
}
