/**
 * Mutation testing of what guards the accounts (docs/mutation-testing.md). Fails below 85 %.
 *
 *     npm run test:mutation                           all folders, for a night
 *     npm run test:mutation -- access domain/sessions some of them
 *     npm run test:mutation -- --sample               what has a test of its own without the service
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const folders = [
  'platform/crypto',
  'platform/rate-limit',
  'platform/hashing',
  'domain/access-tokens',
  'domain/credentials',
  'domain/one-time-tokens',
  'domain/sessions',
  'domain/throttles',
  'access',
  'flows/password-change',
  'flows/password-reset',
];

// What a route says of itself is held by test/structure/ and the fuzz run; the rest runs in
// threads, or on servers that only the fault tests have.
const unmutated = ['**/*.test.ts', '**/{part,routes}.ts', '**/{hash-worker,redis-limiter}.ts'];
const root = join(import.meta.dirname, '../..');
const directory = '.tmp/mutation';
const packages = join(root, directory, 'packages');
const stryker = join(packages, 'node_modules/@stryker-mutator');
const threads = /hash-(pool|admission)|password-hasher/;
const allTests = globSync('{src,test/attacks,test/long,test/structure}/**/*.test.ts', {
  cwd: root,
}).toSorted();

const given = process.argv.slice(2);
const names = given.filter((argument) => !argument.startsWith('-'));
const unknown = names.filter((name) => !folders.includes(name));
if (unknown.length > 0) throw new Error(`Not one of ${folders.join(', ')}: ${unknown.join(', ')}`);

installStryker();
for (const folder of folders.filter((name) => names.length === 0 || names.includes(name))) {
  if (given.includes('--sample')) runSample(folder);
  else runFolder(folder);
}

/**
 * Out of the way of `npm ci`, and of everything that looks through the source: it is 186 packages.
 */
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

/** Files with a test of the same name that needs neither the service nor threads. */
function runSample(folder: string): void {
  const own = testsBeside(folder).filter(
    (test) => !needsService(test) && !threads.test(read(join(root, test))),
  );
  const mutated = own
    .map((test) => test.replace('.test.ts', '.ts'))
    .filter((file) => existsSync(join(root, file)));
  if (mutated.length > 0) runStryker(`sample ${folder}`, mutated, [own], 'perTest');
}

/**
 * The tests beside the code first, the quickest of them before the others; then all that there are.
 */
function runFolder(folder: string): void {
  const beside = testsBeside(folder);
  const others = allTests.filter((test) => !beside.includes(test));
  const suites = [
    beside.filter((test) => !needsService(test)),
    beside.filter(needsService),
    others.filter(needsService),
  ];
  // Coverage does not see what runs in threads: there every test runs for every mutant.
  const inThreads = globSync(`src/${folder}/*-worker.ts`, { cwd: root }).length > 0;
  runStryker(folder, [`src/${folder}/*.ts`], suites, inThreads ? 'off' : 'perTest');
}

function testsBeside(folder: string): string[] {
  return allTests.filter((test) => dirname(test) === `src/${folder}`);
}

function needsService(test: string): boolean {
  return read(join(root, test)).includes('test-app.ts');
}

function runStryker(
  name: string,
  mutate: string[],
  suites: string[][],
  coverage: 'off' | 'perTest',
): void {
  const slug = name.replaceAll(/\W/g, '-');
  const config = join(root, directory, `${slug}.json`);
  const options = strykerOptions(mutate, writeSuites(slug, suites), coverage);
  writeFileSync(config, JSON.stringify(options, null, 2));
  const env = { ...process.env, NODE_COMPILE_CACHE: join(root, '.tmp/compile-cache') };
  const program = join(stryker, 'core/bin/stryker.js');
  const { status } = spawnSync(process.execPath, [program, 'run', config], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  if (status !== 0) process.exitCode = 1;
}

/**
 * Stryker starts a process for each file of tests and each mutant, and starting is the most of it:
 * so few files, each of which imports the tests of one suite.
 */
function writeSuites(name: string, suites: readonly string[][]): string[] {
  mkdirSync(join(root, directory, 'suites'), { recursive: true });
  return suites.flatMap((tests, index) => {
    if (tests.length === 0) return [];
    const file = join(directory, 'suites', `${name}-${index + 1}.test.ts`);
    writeFileSync(join(root, file), suiteOf(tests));
    return [file];
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

function strykerOptions(
  mutate: string[],
  testFiles: string[],
  coverageAnalysis: 'off' | 'perTest',
) {
  const nodeArgs = ['--test-reporter=tap', '--import=./scripts/mutation/before-the-tests.ts'];
  return {
    testRunner: 'tap',
    plugins: [join(stryker, 'tap-runner/dist/src/index.js')],
    mutate: [...mutate, ...unmutated.map((pattern) => `!${pattern}`)],
    tap: { testFiles, nodeArgs, forceBail: true },
    coverageAnalysis,
    // Node strips the types itself; and a changed file would be another template of the test's
    // database.
    disableTypeChecks: false,
    // TypeScript 7 has no API that Stryker knows; without references there is nothing to rewrite in
    // a tsconfig.
    tsconfigFile: 'none',
    checkers: [],
    concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 1),
    timeoutMS: 10_000,
    dryRunTimeoutMinutes: 30,
    tempDirName: `${directory}/sandbox`,
    ignorePatterns: ['data', 'coverage', '.tmp/**', '!.tmp/mutation/suites/*.ts'],
    reporters: ['progress-append-only', 'clear-text'],
    clearTextReporter: { allowColor: false, logTests: false },
    allowEmpty: false,
    thresholds: { high: 95, low: 85, break: 85 },
  };
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
