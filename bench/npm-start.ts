import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../test/free-port.ts';

export type Started = {
  url: string;
  /** Of the server's own process. */
  pid: number;
  readySeconds: number;
  residentMegabytes(): number;
  stop(): Promise<void>;
};

/**
 * Starts the service as the README says. `readySeconds` counts from the start of the server's own
 * process, without npm's.
 */
export async function npmStart(root: string, env: Record<string, string>): Promise<Started> {
  const port = await findFreePort();
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', PORT: String(port), ...env },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(child, `${url}/health/ready`);
  const server = serverUnder(child.pid ?? 0);
  const readySeconds = secondsSinceStartOf(server);
  return {
    url,
    pid: server,
    readySeconds,
    residentMegabytes: () => residentMegabytes(server),
    stop: async () => {
      process.kill(server, 'SIGINT');
      await once(child, 'exit');
    },
  };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const ready = await fetch(url)
      .then((answer) => answer.ok)
      .catch(() => false);
    if (ready) return;
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error('the service did not become ready');
    await sleep(10);
  }
}

/** npm starts a shell, and the shell becomes the server. */
function serverUnder(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return child === undefined ? pid : serverUnder(Number(child));
}

function secondsSinceStartOf(pid: number): number {
  const [, afterName = ''] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  // Field 22, the nineteenth after the state: in hundredths of a second since the machine started.
  const startedAt = Number(afterName.split(' ')[19]) / 100;
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) - startedAt;
}

function residentMegabytes(pid: number): number {
  const [, kilobytes = 'NaN'] =
    /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
