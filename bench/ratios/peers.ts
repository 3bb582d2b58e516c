import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsOf, newRegistration } from '../../test/factories.ts';
import { findFreePort } from '../../test/free-port.ts';
import { post } from '../json-requests.ts';
import type { Talk } from './load.ts';
import { accessTokens, portOf, slotOf, talksOfReaders, talksOfRefreshers } from './requests.ts';
import { type Measured, runWorkload, type Size } from './slot.ts';
import type { Stage } from './stage.ts';

const folder = join(import.meta.dirname, '../peers/fastapi');
const environment = join(import.meta.dirname, '../../.tmp/peers/fastapi');
const connections = 16;
const sessionsOfEach = 12;

/** Ourselves beside a minimal FastAPI service; nothing, in one line, where pip cannot install it. */
export async function measurePeers(stage: Stage, size: Size): Promise<Measured> {
  if (!installFastApi()) {
    console.log('     peers: skipped, because pip could not install FastAPI');
    return { workload: 'peers', slots: [], results: [] };
  }
  const fastapi = await startFastApi(stage);
  const theirs = await signUp(fastapi.url);
  const ours = { port: portOf(stage.service.url), pid: stage.service.pid };
  const open = (count: number) => stage.openSessions(count);
  const own = {
    me: talksOfReaders(await accessTokens(stage.service.url, await open(connections))),
    refresh: talksOfRefreshers(await open(connections * sessionsOfEach), connections),
  };
  const contestants = {
    ownMe: (time: number) => slotOf(stage, ours, own.me, time),
    theirMe: (time: number) => slotOf(stage, fastapi, talksOfReaders(theirs.access), time),
    ownRefresh: (time: number) => slotOf(stage, ours, own.refresh, time),
    theirRefresh: (time: number) => slotOf(stage, fastapi, theirs.refreshers, time),
  };
  const target = { unit: '× FastAPI', atLeast: true };
  type Slots = Record<keyof typeof contestants, { perSecond: number }>;
  const targets = [
    {
      ...target,
      name: 'GET /me: requests a second',
      bar: 15,
      of: ({ ownMe, theirMe }: Slots) => ownMe.perSecond / theirMe.perSecond,
    },
    {
      ...target,
      name: 'refresh: requests a second',
      bar: 10,
      of: ({ ownRefresh, theirRefresh }: Slots) => ownRefresh.perSecond / theirRefresh.perSecond,
    },
  ];
  const measured = await runWorkload('peers', { contestants, targets }, size);
  await fastapi.stop();
  return measured;
}

/** Once, into a private environment. */
function installFastApi(): boolean {
  if (existsSync(join(environment, 'bin/uvicorn'))) return true;
  mkdirSync(environment, { recursive: true });
  const run = (program: string, ...parameters: string[]) =>
    spawnSync(program, parameters, { stdio: 'ignore', timeout: 300_000 }).status === 0;
  const requirements = join(folder, 'requirements.txt');
  return (
    run('python3', '-m', 'venv', environment) &&
    run(join(environment, 'bin/pip'), 'install', '--quiet', '--requirement', requirements)
  );
}

async function startFastApi({ postgres, secret }: Stage) {
  const port = await findFreePort();
  const place = ['--host', '127.0.0.1', '--port', String(port)];
  const quiet = ['--no-access-log', '--log-level', 'warning'];
  const child = spawn(join(environment, 'bin/uvicorn'), ['app:app', ...place, ...quiet], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      PYTHONDONTWRITEBYTECODE: '1',
      SECRET_KEY: secret,
      DATABASE_URL: postgres.url().replace('postgresql:', 'postgresql+asyncpg:'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/health/ready`).then(
      () => true,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error('FastAPI ended');
    await sleep(50);
  }
  const stop = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { url, port, pid: child.pid ?? 0, stop };
}

async function signUp(url: string): Promise<{ access: string[]; refreshers: Talk[] }> {
  const account = newRegistration();
  await post(`${url}/api/users/register`, account);
  const access: string[] = [];
  const sessions: { refreshToken: string; subjectId: string; sessionId: string }[] = [];
  for (let count = 0; count < connections; count += 1) {
    const tokens = await post(`${url}/api/users/login`, credentialsOf(account));
    access.push(String(tokens.access_token));
    const refreshToken = String(tokens.refresh_token);
    sessions.push({ refreshToken, subjectId: '', sessionId: '' });
  }
  const talks = talksOfRefreshers(sessions, connections, Number.POSITIVE_INFINITY);
  return { access, refreshers: talks };
}
