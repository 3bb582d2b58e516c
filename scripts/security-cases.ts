/**
 * docs/security-cases.md: every case, the tests that show it, and what came of them.
 *
 *     node scripts/security-cases.ts                      fails where table, tests and page do not fit
 *     node scripts/security-cases.ts --write              writes the page, with the results of the last runs
 *     node scripts/security-cases.ts --run                runs all suites first, which takes its time
 *     node scripts/security-cases.ts --run embedded       runs that one; the others keep their last results
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CaseTest, findCaseFaults, findCaseTests, readCases } from './security-cases/cases.ts';
import { renderPage, withoutResults } from './security-cases/page.ts';
import { countOutcomes, type Results, type SuiteName, suites } from './security-cases/results.ts';

const root = join(import.meta.dirname, '..');
const pageFile = join(root, 'docs/security-cases.md');
const resultsFile = join(root, 'docs/security-case-results.json');

function readTests(): CaseTest[] {
  const files = globSync('{src,test}/**/*.test.ts', { cwd: root }).toSorted();
  return files.flatMap((file) => findCaseTests(file, readFileSync(join(root, file), 'utf8')));
}

function readResults(): Results {
  return existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as Results) : {};
}

/** Runs a suite as its command does, and keeps what came of each case. A suite that fails is recorded as it is. */
function runSuite(name: SuiteName): void {
  const recording = join(root, `.tmp/results-${name}.jsonl`);
  mkdirSync(join(root, '.tmp'), { recursive: true });
  rmSync(recording, { force: true });
  const env = { ...process.env, TEST_RECORDING: recording };
  spawnSync(process.execPath, suites[name].command, { cwd: root, stdio: 'inherit', env });
  const results = { ...readResults(), [name]: { revision: revision(), cases: countOutcomes(recording) } };
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
}

function revision(): string {
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, { cwd: root, encoding: 'utf8' }).trim();
  const changed =
    git('status', '--porcelain', '--', 'src', 'test', 'migrations') === '' ? '' : ' and changes';
  return `${git('log', '-1', '--format=%cs %h')}${changed}`;
}

const [mode, ...chosen] = process.argv.slice(2);
if (mode === '--run') {
  const all = Object.keys(suites) as SuiteName[];
  for (const name of all.filter((one) => chosen.length === 0 || chosen.includes(one))) runSuite(name);
}
const [cases, tests] = [readCases(root), readTests()];
const page = renderPage(cases, tests, readResults());
if (mode !== undefined) writeFileSync(pageFile, page);

const faults = findCaseFaults(cases, tests);
const written = existsSync(pageFile) ? readFileSync(pageFile, 'utf8') : '';
if (withoutResults(written) !== withoutResults(page)) {
  faults.push('docs/security-cases.md is not what the tests say: node scripts/security-cases.ts --write');
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
}
