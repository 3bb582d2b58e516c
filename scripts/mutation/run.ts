/**
 * Mutation testing of what guards the accounts (docs/mutation-testing.md).
 *
 *     npm run test:mutation                     all areas of scripts/mutation/areas.ts, for hours
 *     npm run test:mutation -- limits guards    some of them
 *     npm run test:mutation -- --sample         those that need no database, in a few minutes
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Area, areas } from './areas.ts';
import { type Report, summarize, survivors } from './report.ts';

const root = join(import.meta.dirname, '../..');
const directory = '.tmp/mutation';
const packages = join(root, directory, 'packages');
const stryker = join(packages, 'node_modules/@stryker-mutator');

const given = process.argv.slice(2);
const names = given.filter((argument) => !argument.startsWith('-'));
const unknown = names.filter((name) => areas[name] === undefined);
if (unknown.length > 0)
  throw new Error(`No such area: ${unknown.join(', ')}; ${Object.keys(areas).join(', ')}`);

installStryker();
const chosen = Object.entries(areas).filter(([name, { sample = false }]) =>
  given.includes('--sample') ? sample : names.length === 0 || names.includes(name),
);
const reports: [name: string, report: Report][] = [];
for (const [name, area] of chosen) reports.push([name, await runStryker(name, area)]);
for (const [, report] of reports) for (const line of survivors(report)) console.log(line);
const { lines, score } = summarize(reports);
for (const line of lines) console.log(line);
if (score < 85) process.exitCode = 1;

/** Out of the way of `npm ci`, and of everything that looks through the source: it is 186 packages. */
function installStryker(): void {
  const wanted = ['package.json', 'package-lock.json', '.npmrc'];
  const isThere = wanted.every((file) => {
    const installed = join(packages, file);
    return existsSync(installed) && read(installed) === read(join(import.meta.dirname, file));
  });
  if (isThere && existsSync(stryker)) return;
  rmSync(packages, { recursive: true, force: true });
  for (const file of wanted) cpSync(join(import.meta.dirname, file), join(packages, file));
  const { status } = spawnSync('npm', ['ci'], { cwd: packages, stdio: 'inherit' });
  if (status !== 0) throw new Error('Stryker could not be installed');
}

async function runStryker(name: string, area: Area): Promise<Report> {
  const config = join(root, directory, `${name}.json`);
  const report = join(directory, `${name}.report.json`);
  const suites = writeSuites(name, area);
  writeFileSync(config, JSON.stringify(strykerOptions(area, suites, report), null, 2));
  rmSync(join(root, report), { force: true });
  const env = { ...process.env, NODE_COMPILE_CACHE: join(root, '.tmp/compile-cache') };
  const child = spawn(process.execPath, [join(stryker, 'core/bin/stryker.js'), 'run', config], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  await once(child, 'exit');
  return JSON.parse(read(join(root, report))) as Report;
}

/**
 * One file for the tests without the service, one for those with it: Stryker starts a process for each file and each
 * mutant, and starting is the most of it. It ends with the first test that fails.
 */
function writeSuites(name: string, { tests }: Area): string[] {
  const folder = join(root, directory, 'suites');
  mkdirSync(folder, { recursive: true });
  const files = [...new Set(tests.flatMap((pattern) => globSync(pattern, { cwd: root }).toSorted()))];
  const onService = files.filter((file) => read(join(root, file)).includes('test-app.ts'));
  const alone = files.filter((file) => !onService.includes(file));
  return [alone, onService].flatMap((imports, index) => {
    if (imports.length === 0) return [];
    const file = `${name}-${index + 1}.test.ts`;
    writeFileSync(join(folder, file), suiteOf(imports));
    return [`${directory}/suites/${file}`];
  });
}

/** What cannot even be loaded fails a test: Stryker takes it for no mutant at all otherwise. */
function suiteOf(files: readonly string[]): string {
  return `import { test } from 'node:test';
try {
${files.map((file) => `  await import('../../../${file}');`).join('\n')}
} catch (error) {
  test('the module loads', () => { throw error; });
}
`;
}

function strykerOptions({ mutate, inThreads = false }: Area, suites: string[], report: string) {
  return {
    testRunner: 'tap',
    plugins: [join(stryker, 'tap-runner/dist/src/index.js')],
    mutate: [...mutate, '!**/*.test.ts'],
    tap: {
      testFiles: suites,
      nodeArgs: ['--test-reporter=tap', '--import=./scripts/mutation/before-the-tests.ts'],
      forceBail: true,
    },
    coverageAnalysis: inThreads ? 'off' : 'perTest',
    // Node strips the types itself; and a changed file would be another template of the test's database.
    disableTypeChecks: false,
    // TypeScript 7 has no API that Stryker knows; without references there is nothing to rewrite in a tsconfig.
    tsconfigFile: 'none',
    checkers: [],
    concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 1),
    timeoutMS: 10_000,
    tempDirName: `${directory}/sandbox`,
    ignorePatterns: ['data', 'coverage', '.tmp/**', '!.tmp/mutation/suites/*.ts'],
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: report },
    allowEmpty: false,
    thresholds: { high: 95, low: 85, break: null },
  };
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
