import type { Finding } from './finding.ts';

const statusWidth = 'warning'.length;
const checkWidth = 'client address'.length;

/** One line for people, and a second with what to do. */
export function presentFinding({ status, check, cause, advice }: Finding): string {
  const line = `${status.padEnd(statusWidth)}  ${check.padEnd(checkWidth)}  ${cause}\n`;
  return advice === undefined
    ? line
    : `${line}${' '.repeat(statusWidth + checkWidth + 4)}${advice}\n`;
}
