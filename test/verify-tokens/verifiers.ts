import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { atProcessEnd } from '../process-end.ts';
import { programOf } from './code-blocks.ts';

/** A program of docs/verify-tokens.md that runs, as a service of another team would. */
export type Verifier = {
  /** The claims, or the line that begins with `refused:`. */
  ask(token: string): Promise<Record<string, unknown> | string>;
};

type Lifetime = { after(end: () => unknown): void };
export type Language = {
  name: string;
  /** The reason to skip the test, or false. */
  missing: string | false;
  /** Installs what the program needs, and gives the command that runs it. */
  build(): string[];
};

const own = import.meta.dirname;
/** Kept from run to run. */
const cache = join(own, '../../.tmp/verify-tokens');

function folderOf(name: string): string {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function lacks(command: string, ...parameters: string[]): boolean {
  return spawnSync(command, parameters).status !== 0;
}

function run(cwd: string, env: Record<string, string>, command: string, ...parameters: string[]) {
  const options = { cwd, env: { ...process.env, ...env }, stdio: 'pipe' as const };
  execFileSync(command, parameters, options);
}

export const languages: readonly Language[] = [
  {
    name: 'TypeScript',
    missing: false,
    build: () => {
      const file = join(folderOf('typescript'), 'verify.ts');
      writeFileSync(file, programOf('verify-tokens.md', 'verify.ts'));
      return [process.execPath, file];
    },
  },
  {
    name: 'Python',
    missing: lacks('python3', '-c', 'import ensurepip, venv') && 'python3-venv is not installed',
    build: () => {
      const folder = folderOf('python');
      const python = join(folder, 'venv/bin/python');
      if (lacks(python, '--version')) run(folder, {}, 'python3', '-m', 'venv', 'venv');
      const requirements = join(own, 'requirements.txt');
      run(folder, {}, python, '-m', 'pip', 'install', '--quiet', '-r', requirements);
      const file = join(folder, 'verify.py');
      writeFileSync(file, programOf('verify-tokens.md', 'verify.py'));
      return [python, file];
    },
  },
  {
    name: 'Go',
    missing: lacks('go', 'version') && 'go is not installed',
    build: () => {
      const folder = folderOf('go');
      for (const file of ['go.mod', 'go.sum']) copyFileSync(join(own, file), join(folder, file));
      writeFileSync(join(folder, 'verify.go'), programOf('verify-tokens.md', 'verify.go'));
      const env = { GOFLAGS: '-mod=readonly -modcacherw', GOMODCACHE: folderOf('go-modules') };
      run(folder, { ...env, GOCACHE: folderOf('go-builds') }, 'go', 'build', '-o', 'verify', '.');
      return [join(folder, 'verify')];
    },
  },
];

export function startVerifier(t: Lifetime, command: readonly string[], issuer: string): Verifier {
  const [program = '', ...parameters] = command;
  const env = { PATH: process.env.PATH ?? '' };
  const child = spawn(program, [...parameters, issuer], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const cancel = atProcessEnd(() => void child.kill('SIGKILL'));
  t.after(async () => {
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    cancel();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (token) => {
      child.stdin.write(`${token}\n`);
      const { value = '' } = await lines.next();
      return value.startsWith('{') ? (JSON.parse(value) as Record<string, unknown>) : value;
    },
  };
}
