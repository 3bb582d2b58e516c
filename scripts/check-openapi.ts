/**
 * Holds the document that the service describes itself with against the rules of `openapi-rules/`,
 * warnings counted as errors. The linter's packages are in that folder alone, and are installed
 * where they are not yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeOpenApi } from '../src/process/route-list.ts';

const root = join(import.meta.dirname, '..');
const rules = join(root, 'openapi-rules');

function run(program: string, parameters: readonly string[], cwd: string): boolean {
  const { status, error } = spawnSync(program, parameters, { cwd, stdio: 'inherit' });
  if (error) throw error;
  return status === 0;
}

/** npm writes this file at the end of an installation. */
function isInstalled(): boolean {
  const installed = join(rules, 'node_modules/.package-lock.json');
  return (
    existsSync(installed) && changedAt(installed) >= changedAt(join(rules, 'package-lock.json'))
  );
}

function changedAt(file: string): number {
  return statSync(file).mtimeMs;
}

if (!isInstalled() && !run('npm', ['ci'], rules))
  throw new Error('The packages of the rules do not install.');

mkdirSync(join(root, '.tmp'), { recursive: true });
const file = join(root, '.tmp/openapi.json');
writeFileSync(file, JSON.stringify(await describeOpenApi('https://accounts.example.com'), null, 2));
const linter = join(rules, 'node_modules/@stoplight/spectral-cli/dist/index.js');
const lint = ['lint', file, '--ruleset', join(rules, 'ruleset.yaml'), '--fail-severity=hint'];
if (!run(process.execPath, [linter, ...lint], rules)) process.exitCode = 1;
