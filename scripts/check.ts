/**
 * What needs no other server of all that CI asks of a change: `npm run check`, without the tests
 * `npm run check -- --fast`. A step's output is shown only where it fails; all steps run, so that
 * one look shows all faults.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';

type Step = { name: string; command: string[]; shown?: boolean };

const root = join(import.meta.dirname, '..');
const steps: readonly Step[] = [
  {
    name: 'format and lint',
    command: ['biome', 'check', '--error-on-warnings', '--colors=off', '.'],
  },
  { name: 'type-aware lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'types of the client', command: ['tsc', '--noEmit', '-p', 'client'] },
  { name: 'types of the pages', command: ['tsc', '--noEmit', '-p', 'web'] },
  { name: 'unused code', command: ['knip'] },
  { name: 'boundaries', command: ['node', 'scripts/check-boundaries.ts'] },
  { name: 'docs', command: ['node', 'scripts/check-docs.ts'] },
  { name: 'lock', command: ['node', 'scripts/complete-lock.ts', '--check'] },
  { name: 'licences', command: ['node', 'scripts/check-licences.ts'] },
  { name: 'tests', command: ['node', 'scripts/test.ts'], shown: true },
];

/** True where the step passed. */
async function run({
  name,
  command: [program = '', ...parameters],
  shown = false,
}: Step): Promise<boolean> {
  const started = performance.now();
  const child = spawn(program, parameters, {
    cwd: root,
    // npm sets this path itself; it is for those who run this file by hand.
    env: {
      ...process.env,
      PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    },
    stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
  });
  const [[code], output] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    Promise.all(
      [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : Promise.resolve(''))),
    ),
  ]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'failed'}  ${name.padEnd(19)} ${seconds.padStart(6)} s`);
  if (code !== 0 && !shown) console.log(`\n${output.join('').trim()}\n`);
  return code === 0;
}

const chosen = steps.filter(({ name }) => name !== 'tests' || !process.argv.includes('--fast'));
const failed: string[] = [];
for (const step of chosen) {
  if (!(await run(step))) failed.push(step.name);
}
if (failed.length > 0) {
  console.log(`\nFailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
