/**
 * The tests, on the embedded database or, with TEST_DATABASE_URL, on PostgreSQL.
 *
 *     npm test                        all but the slow suites, which have scripts of their own
 *     npm test -- sign-in             the files with that in their path, or that match a glob
 *     npm test -- --test-only         options with a dash go on to Node's test runner
 *     npm run coverage                fails below the thresholds
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { hashSync } from '@node-rs/bcrypt';
import { embeddedTemplateFile } from '../test/template-version.ts';

const root = join(import.meta.dirname, '..');
const shards = 4;
const slowSuites = [
  'faults',
  'browser',
  'examples',
  'timing',
  'fuzz',
  'deployment',
  'long',
  'image',
  'verify-tokens',
].map((name) => `test/${name}/**`);
const coverageOptions = [
  '--experimental-test-coverage',
  '--test-coverage-include=src/**',
  '--test-coverage-exclude=**/*.test.ts',
  '--test-coverage-lines=90',
  '--test-coverage-branches=85',
];

function isSlowSuite(files: readonly string[]): boolean {
  return files.every((file) => slowSuites.some((suite) => matchesGlob(file, suite)));
}

function chooseFiles(wanted: readonly string[]): string[] {
  const all = globSync('{src,scripts,test,bench,client/src,web/src}/**/*.test.ts', {
    cwd: root,
  }).toSorted();
  if (wanted.length === 0)
    return all.filter((file) => !slowSuites.some((suite) => matchesGlob(file, suite)));
  return all.filter((file) =>
    wanted.some((part) => file.includes(part) || matchesGlob(file, part)),
  );
}

/**
 * Files that import the test files: a process for each file would spend more on starting, and on a
 * database of its own, than on its tests. Largest first, dealt out in turn, so that the shards end
 * at about the same time.
 */
function deal(chosen: readonly string[]): string[] {
  const directory = join(root, '.tmp/shards');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const bySize = chosen.toSorted((one, other) => sizeOf(other) - sizeOf(one));
  return Array.from({ length: shards }, (_, shard) => {
    const imports = bySize.filter((_file, index) => index % shards === shard);
    const file = join(directory, `shard-${shard + 1}.test.ts`);
    writeFileSync(file, shardText(imports));
    return file;
  });
}

/**
 * No test starts before all are there: one that arrived meanwhile would become part of the one that
 * runs.
 */
function shardText(files: readonly string[]): string {
  return [
    "import { before } from 'node:test';",
    'const { promise: all, resolve, reject } = Promise.withResolvers();',
    'before(() => all);',
    'try {',
    ...files.map((path) => `await import('../../${path}');`),
    'resolve();',
    // Otherwise the tests that are there already would wait until their time is over.
    '} catch (error) { reject(error); throw error; }\n',
  ].join('\n');
}

/** The processes of the tests would each make the same database. */
function makeTemplate(): void {
  if (process.env.TEST_DATABASE_URL !== undefined || existsSync(embeddedTemplateFile())) return;
  spawnSync(process.execPath, [join(root, 'test/make-template.ts')], { stdio: 'inherit' });
}

const measuredHashes = 20;

/**
 * The suite's time in a unit of the machine: what 1,000 bcrypt hashes of cost 10 take on one core.
 */
function reportRatio(seconds: number): void {
  const started = performance.now();
  for (let count = 0; count < measuredHashes; count += 1)
    hashSync('violet harbour anvil', { cost: 10 });
  const unit = performance.now() - started;
  // Milliseconds of one hash are seconds of a thousand.
  const ratio = seconds / (unit / measuredHashes);
  console.log(
    `suite: ${seconds.toFixed(1)} s, ${ratio.toFixed(2)} x 1,000 bcrypt-10 hashes of one core`,
  );
}

function sizeOf(file: string): number {
  return statSync(join(root, file)).size;
}

const given = process.argv.slice(2);
const coverage = given.includes('--coverage');
const options = given.filter((argument) => argument.startsWith('-') && argument !== '--coverage');
const wanted = given.filter((argument) => !argument.startsWith('-'));
const chosen = chooseFiles(wanted);
const files = chosen.length > 2 * shards && !isSlowSuite(chosen) ? deal(chosen) : chosen;

if (files.length === 0) {
  // Node would search for tests by itself, and pass where it finds none.
  console.error('No test file matches.');
  process.exitCode = 1;
} else {
  // A compile cache makes V8's coverage imprecise.
  const cache = coverage ? {} : { NODE_COMPILE_CACHE: join(root, '.tmp/compile-cache') };
  const started = performance.now();
  makeTemplate();
  const runner = spawn(
    process.execPath,
    [
      // Tests make much garbage that dies young.
      '--max-semi-space-size=32',
      '--test',
      `--import=${import.meta.resolve('../test/untracked-promises.ts')}`,
      '--test-reporter=spec',
      // A test that hangs, on a database lock above all, is named instead of stopping everything.
      '--test-timeout=240000',
      '--test-concurrency=4',
      ...(coverage ? coverageOptions : []),
      ...options,
      ...files,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...cache } },
  );
  const [code] = (await once(runner, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
  if (wanted.length === 0 && !coverage) reportRatio((performance.now() - started) / 1000);
}
