import type { CaseTest, SecurityCase } from './cases.ts';
import { type Outcomes, type Results, type SuiteName, suites } from './results.ts';

const names = Object.keys(suites) as SuiteName[];

const introduction = `# Security cases

What must hold against attacks (A to M) and faults (FI), which tests show it, and what came of them. Generated from
\`docs/security-cases.json\`, the names of the tests, and the last run of each suite in
\`docs/security-case-results.json\`: a number is that of the tests that ran and passed, \`–\` says that no test of the
case ran there. \`npm run security-cases\` runs the suites and writes this page; \`node scripts/security-cases.ts --write\`
writes it without running anything.

Severity: C critical, H high, M medium. Sources: V… is OWASP ASVS 5.0, API… OWASP's API Security Top 10 of 2023, CS
its cheat sheets.
`;

/** The whole page. */
export function renderPage(
  cases: readonly SecurityCase[],
  tests: readonly CaseTest[],
  results: Results,
): string {
  const shown = cases.map((one) => ({ one, own: tests.filter(({ ids }) => ids.includes(one.id)) }));
  const tested = shown.filter(({ own }) => own.length > 0);
  const untested = shown.filter(({ own }) => own.length === 0);
  return [
    introduction,
    ...runsOf(results),
    `${tested.length} of ${cases.length} cases have a test.\n`,
    `| case | | what holds | shown by | ${names.map((name) => suites[name].title).join(' | ')} | source |`,
    `|---|---|---|---|${names.map(() => '---|').join('')}---|`,
    ...tested.map(({ one, own }) => row(one, own, results)),
    ...(untested.length === 0
      ? []
      : ['\n## Not shown yet\n', '| case | | what must hold | why not | source |', '|---|---|---|---|---|']),
    ...untested.map(
      ({ one }) =>
        `| ${one.id} | ${letterOf(one)} | ${cell(one.title)} | ${cell(one.reason ?? '')} | ${cell(one.source)} |`,
    ),
    '',
  ].join('\n');
}

function runsOf(results: Results): string[] {
  const runs = names.flatMap((name) => {
    const run = results[name];
    return run === undefined ? [] : [`| ${suites[name].title} | ${run.revision} |`];
  });
  return ['| suite | last run at |', '|---|---|', ...runs, ''];
}

function row(one: SecurityCase, own: readonly CaseTest[], results: Results): string {
  const shownBy = own.map(({ file, name }) => `\`${file}\`: ${cell(name)}`).join('<br>');
  const outcomes = names.map((name) => words(results[name]?.cases[one.id])).join(' | ');
  return `| ${one.id} | ${letterOf(one)} | ${cell(one.title)} | ${shownBy} | ${outcomes} | ${cell(one.source)} |`;
}

function letterOf({ severity }: SecurityCase): string {
  return severity?.charAt(0).toUpperCase() ?? '';
}

/** Failures first: who looks for them must not overlook one. */
function words(outcomes: Outcomes | undefined): string {
  const order = ['failed', 'passed', 'skipped'] as const;
  const said = order.flatMap((outcome) => (outcomes?.[outcome] ? [`${outcomes[outcome]} ${outcome}`] : []));
  return said.join(', ') || '–';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

/** What a page says without what came of the runs, which other machines and other days change. */
export function withoutResults(page: string): string {
  const outcome = String.raw`(?:–|\d+ (?:failed|passed|skipped)(?:, \d+ \w+)*)`;
  return page
    .replaceAll(new RegExp(String.raw`(?: \| ${outcome}){${names.length}} \| (?=[^|]*\|$)`, 'gm'), ' | ')
    .replace(/\| suite \|[\s\S]*?\n\n/, '');
}
