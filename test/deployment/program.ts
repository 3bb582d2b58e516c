import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { atProcessEnd } from '../process-end.ts';

type Lifetime = { after(end: () => unknown): void };

export type Program = {
  pid: number;
  /** Standard output and standard error, in order. */
  output: () => string;
  isRunning: () => boolean;
  /** Its exit code; null after a signal. */
  exited: Promise<number | null>;
  kill: (signal: NodeJS.Signals) => void;
};

type ProgramOptions = { uid?: number; gid?: number; cwd?: string; env?: NodeJS.ProcessEnv };

/** The reason to skip the tests, or false. */
export function withoutProgram(name: string, packageName = name): string | false {
  return spawnSync(name, ['--version']).error ? `${packageName} is not installed` : false;
}

/** A server that ends with the test, abruptly, and all that it has started with it. */
export function startProgram(
  t: Lifetime,
  command: readonly string[],
  options: ProgramOptions = {},
): Program {
  const [program = '', ...parameters] = command;
  const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', ...options.env };
  const child = spawn(program, parameters, {
    ...options,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const gone = once(child, 'exit');
  // A process of its own that lives on would hold the streams open.
  const read = once(child, 'close');
  const exited = gone.then(async ([code]) => {
    await Promise.race([read, sleep(500, null, { ref: false })]);
    return code as number | null;
  });
  const cancel = atProcessEnd(() => killTree(child.pid));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  t.after(async () => {
    if (isRunning()) {
      killTree(child.pid);
      await gone;
    }
    cancel();
  });
  const kill = (name: NodeJS.Signals) => signalGroup(child, name);
  return { pid: child.pid ?? 0, output: () => output, isRunning, exited, kill };
}

/** SIGKILL for a process and all that it has started, at once, as when a machine dies. */
export function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  // Stopped, they start no more.
  for (const one of treeOf(pid)) signal(one, 'SIGSTOP');
  for (const one of treeOf(pid)) signal(one, 'SIGKILL');
}

function treeOf(root: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.flatMap(([child = 0, its]) => (its === parent ? [child, ...below(child)] : []));
  return [root, ...below(root)];
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid !== undefined) signal(-pid, name);
}
