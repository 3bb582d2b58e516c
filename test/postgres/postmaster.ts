import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, dataDirectory, serverEnvironment } from './postgres-cluster.ts';
import { continueTree, freezeTree } from './process-tree.ts';

/** The first process of a PostgreSQL server, which starts again as often as is wanted. */
export type Postmaster = { cluster: Cluster; process: ChildProcess | null };

const startMilliseconds = 30_000;

/** Comes back when the server answers; at once where it runs already. */
export async function start(
  postmaster: Postmaster,
  isAnswering: () => Promise<boolean>,
): Promise<void> {
  if (isRunning(postmaster)) return;
  postmaster.process = await spawnPostmaster(postmaster.cluster);
  const deadline = performance.now() + startMilliseconds;
  while (!(await isAnswering())) {
    if (!isRunning(postmaster) || performance.now() > deadline) {
      throw new Error(`PostgreSQL did not start:\n${logText(postmaster).slice(-2000)}`);
    }
    await sleep(25);
  }
}

async function spawnPostmaster(cluster: Cluster): Promise<ChildProcess> {
  const log = openSync(logFile(cluster), 'a');
  // Should this process be killed, the kernel sends the postmaster its signal for an immediate
  // stop.
  const command = [
    '--pdeathsig',
    'QUIT',
    join(cluster.binaries, 'postgres'),
    '-D',
    dataDirectory(cluster),
  ];
  const place = {
    ...cluster.account,
    cwd: cluster.directory,
    env: serverEnvironment(),
    detached: true,
  };
  const child = spawn('setpriv', command, { ...place, stdio: ['ignore', log, log] });
  closeSync(log);
  await once(child, 'spawn');
  child.unref();
  return child;
}

function isRunning({ process: child }: Postmaster): boolean {
  return child !== null && child.exitCode === null && child.signalCode === null;
}

/**
 * `fast` rolls back and writes all out; `immediate` is a crash, after which the next start
 * recovers.
 */
export async function stop(postmaster: Postmaster, mode: 'fast' | 'immediate'): Promise<void> {
  const child = postmaster.process;
  if (child === null || !isRunning(postmaster)) return;
  thaw(postmaster);
  child.ref();
  const exited = once(child, 'exit');
  child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  await exited;
}

/** For the end of this process, which waits for nothing that is not synchronous. */
export function stopNow(postmaster: Postmaster): void {
  if (!isRunning(postmaster)) return;
  thaw(postmaster);
  const { account, binaries } = postmaster.cluster;
  const command = [
    'stop',
    '--mode=immediate',
    '--timeout=10',
    '-D',
    dataDirectory(postmaster.cluster),
  ];
  spawnSync(join(binaries, 'pg_ctl'), command, { ...account, cwd: '/', stdio: 'ignore' });
}

export function freeze(postmaster: Postmaster): void {
  freezeTree(runningPid(postmaster));
}

export function thaw(postmaster: Postmaster): void {
  continueTree(runningPid(postmaster));
}

function runningPid(postmaster: Postmaster): number {
  const pid = postmaster.process?.pid;
  if (pid === undefined || !isRunning(postmaster)) throw new Error('PostgreSQL is not running');
  return pid;
}

export function logText({ cluster }: Postmaster): string {
  return readFileSync(logFile(cluster), 'utf8');
}

function logFile({ directory }: Cluster): string {
  return join(directory, 'server.log');
}
