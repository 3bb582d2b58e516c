/**
 * Holds the document that the service describes itself with against the rules of `openapi-rules/`,
 * warnings counted as errors. The linter's packages are in that folder alone, and are installed
 * where they are not yet.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeOpenApi } from '../src/process/route-list.ts';
import { installApart } from './install-apart.ts';

const root = join(import.meta.dirname, '..');
const rules = join(root, 'openapi-rules');

function run(program: string, parameters: readonly string[], cwd: string): boolean {
  const { status, error } = spawnSync(program, parameters, { cwd, stdio: 'inherit' });
  if (error) throw error;
  return status === 0;
}

installApart(rules);
mkdirSync(join(root, '.tmp'), { recursive: true });
const file = join(root, '.tmp/openapi.json');
writeFileSync(file, JSON.stringify(await describeOpenApi('https://accounts.example.com'), null, 2));
const linter = join(rules, 'node_modules/@stoplight/spectral-cli/dist/index.js');
const lint = ['lint', file, '--ruleset', join(rules, 'ruleset.yaml'), '--fail-severity=hint'];
if (!run(process.execPath, [linter, ...lint], rules)) process.exitCode = 1;
