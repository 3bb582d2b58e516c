import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../free-port.ts';
import { atProcessEnd } from '../process-end.ts';

const root = join(import.meta.dirname, '../..');
const readyMilliseconds = 30_000;

/** Writes `client/dist`, of which the examples take a copy as of a published package. */
export function buildClient(): void {
  npm(['run', 'build'], 'client');
}

/**
 * Installs an example by its lock, builds it as its README says and serves it until the end of the
 * test; returns its address.
 */
export async function runExample(
  t: { after(end: () => unknown): void },
  name: string,
  serviceUrl: string,
): Promise<string> {
  const folder = join('examples', name);
  const env = { ADL_URL: serviceUrl, PORT: String(await findFreePort()) };
  npm(['ci'], folder, env);
  npm(['run', 'build'], folder, env);
  // Detached: a process group of its own, which is killed as a whole.
  const server = spawn('npm', ['start'], {
    cwd: join(root, folder),
    env: environment(env),
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(server, 'spawn');
  const end = () => endGroup(server.pid);
  t.after(end);
  atProcessEnd(end);
  const url = `http://localhost:${env.PORT}`;
  await untilServed(url);
  return url;
}

function npm(parameters: string[], folder: string, env: Record<string, string> = {}): void {
  const options = { cwd: join(root, folder), env: environment(env), encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync('npm', parameters, options);
  if (status === 0) return;
  throw new Error(`npm ${parameters.join(' ')} failed in ${folder}:\n${stdout}\n${stderr}`);
}

/** With the project's own Node and TypeScript; nothing is reported to anybody. */
function environment(env: Record<string, string>): NodeJS.ProcessEnv {
  // What the machine needs to reach a registry stays; a test's own mode is not the build's.
  const { NODE_ENV: _mode, NODE_TEST_CONTEXT: _context, PATH = '', ...rest } = process.env;
  const path = [join(root, 'node_modules/.bin'), PATH].join(delimiter);
  return { ...rest, PATH: path, NEXT_TELEMETRY_DISABLED: '1', ...env };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function untilServed(url: string): Promise<void> {
  const deadline = performance.now() + readyMilliseconds;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > deadline) throw new Error(`nothing is served at ${url}`);
    await sleep(50);
  }
}
