/**
 * While the image is built: fills NODE_COMPILE_CACHE, which is read-only later. Starts the service
 * once and stops it; fails if it does not serve. Flags of V8 are part of the cache's key, so they
 * are those of the image.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../..');
const startMilliseconds = 120_000;

const service = join(root, 'bundle/service');
const main = join(service, 'main.mjs');

/** What a start loads only where it is configured: PostgreSQL, Redis and the like. */
const others = [
  ...globSync(join(service, '*.mjs')).filter((file) => file !== main),
  import.meta.resolve('ioredis'),
];

const directory = mkdtempSync(join(tmpdir(), 'adl-first-start-'));
try {
  await startAndStop();
  const imports = others.map((module) => `import('${module}')`);
  await succeed(run('--max-semi-space-size=16', '--eval', imports.join(';')));
  await succeed(
    spawn(join(root, 'bin/adl'), ['--help'], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  await succeed(run(join(root, 'deploy/image/is-live.ts')), 1);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function startAndStop(): Promise<void> {
  const server = run('--max-semi-space-size=16', main);
  const late = setTimeout(() => server.kill('SIGKILL'), startMilliseconds);
  const exited = succeed(server);
  for await (const line of createInterface({
    input: server.stdout as NonNullable<ChildProcess['stdout']>,
  })) {
    process.stdout.write(`${line}\n`);
    // With this signal it does not linger.
    if (line.includes('Listening on')) server.kill('SIGINT');
  }
  await exited;
  clearTimeout(late);
}

function run(...parameters: string[]): ChildProcess {
  const env = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    DATA_DIR: directory,
    // Any free one: a build may share the machine's network.
    PORT: '0',
    LOG_FORMAT: 'json',
  };
  return spawn(process.execPath, parameters, {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function succeed(child: ChildProcess, expected = 0): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== expected) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}
