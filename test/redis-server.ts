import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findFreePort } from './free-port.ts';
import { atProcessEnd } from './process-end.ts';

export type RedisServer = {
  url: string;
  pid: () => number;
  /** Like an operator's `CONFIG SET …`. */
  command: (...words: [string, ...string[]]) => Promise<unknown>;
  kill: (signal: NodeJS.Signals) => void;
  /** Kills it and waits until it is gone. */
  stop: () => Promise<void>;
  start: () => Promise<void>;
};

/** The reason to skip the tests, or false. */
export const withoutRedis = spawnSync('redis-server', ['--version']).error
  ? 'redis-server is not installed'
  : false;

/** Starts a separate Redis on a free port; it ends with the test. */
export async function startRedis(t: { after(end: () => unknown): void }): Promise<RedisServer> {
  const port = await findFreePort();
  const directory = mkdtempSync(join(tmpdir(), 'adl-redis-'));
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    const options = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      directory,
    ];
    child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const chunk of child.stdout ?? [])
      if (String(chunk).includes('Ready to accept')) break;
    child.stdout?.resume();
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  const cancel = atProcessEnd(() => void child.kill('SIGKILL'));
  t.after(async () => {
    await stop();
    cancel();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: () => child.pid ?? 0,
    command: async (name, ...words) => {
      const client = new Redis(port, '127.0.0.1');
      try {
        return await client.call(name, ...words);
      } finally {
        client.disconnect();
      }
    },
    kill: (signal) => void child.kill(signal),
    stop,
    start,
  };
}
