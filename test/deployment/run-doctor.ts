import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

type Finding = { check: string; status: string; cause: string; advice?: string };

export type Diagnosis = {
  code: number | null;
  findings: Finding[];
  /** All findings of one check. */
  of: (check: string) => Finding[];
  output: string;
  seconds: number;
};

const adl = join(import.meta.dirname, '../../bin/adl');

type Options = { cwd?: string; wrapper?: string[] };

/** `adl doctor --json` as an operator runs it. */
export async function runDoctor(
  env: Record<string, string>,
  options: readonly string[] = [],
  { cwd = '/', wrapper = [] }: Options = {},
): Promise<Diagnosis> {
  const began = performance.now();
  const [program = adl, ...parameters] = [...wrapper, adl, 'doctor', '--json', ...options];
  const child = spawn(program, parameters, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [out, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exited;
  const lines = out.split('\n').filter((line) => line.startsWith('{'));
  const findings = lines
    .map((line) => JSON.parse(line) as Finding)
    .filter(({ check }) => check !== undefined);
  return {
    code,
    findings,
    of: (name) => findings.filter(({ check }) => check === name),
    output: out + problems,
    seconds: (performance.now() - began) / 1000,
  };
}

/** One of the findings is like that, with what to do. */
export function assertFound(
  found: Diagnosis['findings'],
  status: string,
  cause: RegExp,
  advice?: RegExp,
): void {
  const fits = found.some(
    (one) =>
      one.status === status && cause.test(one.cause) && (advice?.test(one.advice ?? '') ?? true),
  );
  assert.ok(fits, `${status} ${cause}: ${JSON.stringify(found)}`);
}
