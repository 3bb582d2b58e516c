import { sql } from 'kysely';

/**
 * Begins a statement that is planned for the values of each call. After five calls PostgreSQL may
 * keep a plan that fits no value well: one for a text of any length, or for a page anywhere.
 */
export const planEachTime = sql.raw('/* planned each time */');

const mark = /^\s*\/\* planned each time \*\//;

export function isPlannedEachTime(statement: string): boolean {
  return mark.test(statement);
}
