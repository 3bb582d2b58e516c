import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atProcessEnd } from '../process-end.ts';
import { type Answer, type RequestOptions, sendRequest } from './http-request.ts';
import { createServerEnvironment } from './server-environment.ts';

export type ServerOptions = {
  /** Added to a small test environment and overrides it; undefined removes a variable. */
  env?: Record<string, string | undefined>;
  /** By default an empty directory, so that no `.env` of a developer is read. */
  cwd?: string;
  entry?: string;
  /** False: returns at once, `untilReady` is called later. */
  waitReady?: boolean;
  readyTimeoutMs?: number;
  /** A program and its arguments that run the server, such as strace; signals go to it first. */
  wrapper?: string[];
};

type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type ServerProcess = {
  pid: number;
  port: number;
  url: string;
  /** All options of this start: another start with them has the same port, keys and files. */
  env: Record<string, string>;
  /** Standard output and standard error, in order. */
  logs: () => string;
  stdoutLines: () => string[];
  /** False: its output is not read until later. */
  readOutput: (isReading: boolean) => void;
  /** Kills it and all its children now; resolves when it is gone. */
  kill9: () => Promise<Exit>;
  /** Sends SIGTERM now; resolves when it is gone. */
  terminate: () => Promise<Exit>;
  /** When it is gone and all its output was read. */
  exited: Promise<Exit>;
  untilReady: (timeoutMs?: number) => Promise<void>;
  request: <Body = Record<string, unknown>>(
    method: string,
    path: string,
    options?: RequestOptions,
  ) => Promise<Answer<Body>>;
};

const root = join(import.meta.dirname, '../..');
const readyMilliseconds = 20_000;

/**
 * Throws, with its output, if the server ends or is not ready in time. It is killed when the test
 * ends.
 */
export async function startServer(
  t: { after(end: () => unknown): void },
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-server-'));
  atProcessEnd(() => rmSync(directory, { recursive: true, force: true }));
  const env = await createServerEnvironment(directory, options.env ?? {});
  const child = await spawnServer(env, { cwd: directory, ...options });
  const server = controlsOf(child, env);
  const cancelKill = atProcessEnd(() => signalGroup(child, 'SIGKILL'));
  void server.exited.then(cancelKill);
  t.after(() => server.kill9());
  if (options.waitReady ?? true) await server.untilReady(options.readyTimeoutMs);
  return server;
}

async function spawnServer(
  env: Record<string, string>,
  options: ServerOptions,
): Promise<ChildProcess> {
  const pinned = join(root, 'node_modules/.bin/node');
  const node = existsSync(pinned) ? pinned : process.execPath;
  const entry = options.entry ?? join(root, 'src/main.ts');
  const [program, ...parameters] = [...(options.wrapper ?? []), node, entry];
  // Detached: a process group of its own, which is killed as a whole.
  const child = spawn(program, parameters, {
    env,
    cwd: options.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  return child;
}

function controlsOf(child: ChildProcess, env: Record<string, string>): ServerProcess {
  const port = Number(env.PORT);
  const output = collectOutput(child);
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  const end = (act: () => void) => {
    act();
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    port,
    url: `http://127.0.0.1:${port}`,
    env,
    logs: () => output.all,
    stdoutLines: () => output.stdout.split('\n').filter((line) => line !== ''),
    readOutput: (isReading) => void (isReading ? child.stdout?.resume() : child.stdout?.pause()),
    kill9: () => end(() => signalGroup(child, 'SIGKILL')),
    terminate: () => end(() => child.kill('SIGTERM')),
    exited,
    untilReady: (timeoutMs = readyMilliseconds) => untilReady(child, port, output, timeoutMs),
    request: (method, path, options) => sendRequest(port, method, path, options),
  };
}

type Output = { all: string; stdout: string };

function collectOutput(child: ChildProcess): Output {
  const output = { all: '', stdout: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.all += text;
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.all += text;
  });
  return output;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function untilReady(
  child: ChildProcess,
  port: number,
  output: Output,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isReady(port))) {
    const ended = child.exitCode ?? child.signalCode;
    if (ended !== null)
      throw new Error(`the server ended (${ended}) before it was ready:\n${output.all}`);
    if (performance.now() > deadline) {
      throw new Error(`the server was not ready within ${timeoutMs} ms:\n${output.all}`);
    }
    await sleep(25);
  }
}

function isReady(port: number): Promise<boolean> {
  return sendRequest(port, 'GET', '/health/ready', { timeoutMs: 2000 }).then(
    ({ status }) => status === 200,
    () => false,
  );
}
