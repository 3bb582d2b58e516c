import { readFileSync } from 'node:fs';
import { caseIdsOf } from './cases.ts';

type Outcome = 'passed' | 'failed' | 'skipped';
export type Outcomes = Partial<Record<Outcome, number>>;

/** The last run of some suites: at which commit, and what came of the tests that name a case. */
type SuiteResults = { revision: string; cases: Record<string, Outcomes> };
export type Results = Partial<Record<SuiteName, SuiteResults>>;

/** How the suites are run; each has a column of the page. */
export const suites = {
  embedded: { title: 'Embedded', command: ['scripts/test.ts'] },
  postgresql: {
    title: 'PostgreSQL',
    command: ['scripts/private-postgres.ts', '--', 'node', 'scripts/test.ts'],
  },
  faults: {
    title: 'Faults',
    command: ['scripts/test.ts', 'test/faults/', '--test-concurrency=1', '--test-timeout=600000'],
  },
  browser: { title: 'Browser', command: ['scripts/test.ts', 'test/browser/', '--test-concurrency=1'] },
  timing: {
    title: 'Timing',
    command: ['scripts/test.ts', 'test/timing/', '--test-concurrency=1', '--test-timeout=600000'],
  },
} as const;
export type SuiteName = keyof typeof suites;

type Recorded = { name: string; outcome: Outcome };

/** Counts what a run recorded, case by case; a test that names two counts for both. */
export function countOutcomes(recordingFile: string): Record<string, Outcomes> {
  const cases: Record<string, Outcomes> = {};
  const lines = readFileSync(recordingFile, 'utf8').split('\n').filter(Boolean);
  for (const { name, outcome } of lines.map((line) => JSON.parse(line) as Recorded)) {
    for (const id of caseIdsOf(name)) {
      const counts = cases[id] ?? {};
      cases[id] = { ...counts, [outcome]: (counts[outcome] ?? 0) + 1 };
    }
  }
  return cases;
}
