import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isPlannedEachTime } from './plan-each-time.ts';

/** Which statements a connection keeps prepared, and under which name. */
export type StatementNames = {
  /** Undefined: parsed and planned for this once. */
  nameOf(text: string, parameters: readonly unknown[]): string | undefined;
  /** From now on there are none: the sessions behind the connections change. */
  giveUp(): void;
};

/** Texts that are remembered: more than the service has. */
const mostTexts = 500;

/** Adding a column changes what `*` gives, and PostgreSQL then refuses the prepared statement. */
const star = /[\s.,]\*(?=[\s,)]|$)/;

const seenOnce = '';

/**
 * A statement gets its name at the second use, so that those with a list of any length do not fill
 * the memory. The name comes from the text alone: whoever prepared it elsewhere, it is the same.
 */
export function createStatementNames(): StatementNames {
  const names = new LRUCache<string, string>({ max: mostTexts });
  let isGivenUp = false;
  return {
    nameOf: (text, parameters) => {
      if (isGivenUp || parameters.length === 0 || isPlannedEachTime(text)) return undefined;
      const known = names.get(text);
      if (known === undefined) {
        if (!star.test(text) && !isPlannedEachTime(text)) names.set(text, seenOnce);
        return undefined;
      }
      if (known !== seenOnce) return known;
      const name = createHash('sha256').update(text).digest('base64url');
      names.set(text, name);
      return name;
    },
    giveUp: () => {
      isGivenUp = true;
    },
  };
}

export const unnamed: StatementNames = { nameOf: () => undefined, giveUp: () => {} };
