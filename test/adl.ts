import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const program = join(import.meta.dirname, '../bin/adl');

export type Ran = {
  code: number | null;
  out: string;
  err: string;
  result: Record<string, unknown>;
};

/** Runs `adl` as a process of its own, with `--json`; `result` is the last line. */
export async function adl(env: Record<string, string>, ...words: string[]): Promise<Ran> {
  const child = spawn(program, [...words, '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'exit')) as [number | null];
  const [out, err] = await output;
  const last = out.trimEnd().split('\n').at(-1) ?? '';
  const result = last.startsWith('{') ? (JSON.parse(last) as Record<string, unknown>) : {};
  return { code, out, err, result };
}

/** What a refused command says, which is one line. */
export function refusalOf({ result, err }: Ran): string {
  const { error } = result as { error?: { message?: string } };
  return error?.message ?? err.trim();
}
