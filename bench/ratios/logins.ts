import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPasswordHasher } from '../../src/platform/hashing/password-hasher.ts';
import { credentialsOf, newRegistration } from '../../test/factories.ts';
import { percentile } from '../figure.ts';
import { post, timeGet } from '../json-requests.ts';
import { accessTokens } from './requests.ts';
import { type Measured, runWorkload, type Size } from './slot.ts';
import type { Stage } from './stage.ts';

/** A hash takes a quarter of a second: short slots would hold a handful. */
const shortestSlot = 2000;
const threads = availableParallelism();
const probesPerSecond = 50;

/** Logins a second beside the bare hash, on the same cores. */
export async function measureLogins(stage: Stage, size: Size): Promise<Measured> {
  const login = await prepareLogin(stage);
  const hasher = await createPasswordHasher({
    threads,
    maxWaitSeconds: 60,
    target: { algorithm: 'bcrypt', bcryptRounds: 12 },
  });
  const { password } = newRegistration();
  const stored = await hasher.hash(password, 'bench');
  const contestants = {
    bare: (time: number) => perSecond(() => hasher.verify(password, stored, 'bench'), time),
    login: (time: number) => perSecond(login, time),
  };
  const targets = [
    {
      name: 'logins a second',
      unit: '× the bare hash',
      bar: 0.95,
      atLeast: true,
      of: (slots: Record<keyof typeof contestants, number>) => slots.login / slots.bare,
    },
  ];
  const measured = await runWorkload('login', { contestants, targets }, longer(size), {
    warms: false,
  });
  await hasher.close();
  return measured;
}

/** Other requests while all cores hash. */
export async function measureStorm(stage: Stage, size: Size): Promise<Measured> {
  const login = await prepareLogin(stage);
  const [token = ''] = await accessTokens(stage.service.url, await stage.openSessions(1));
  const probe = (time: number) => p99Of(`${stage.service.url}/api/users/me`, token, time);
  const contestants = {
    idle: probe,
    storm: async (time: number) => (await Promise.all([probe(time), perSecond(login, time)]))[0],
  };
  const targets = [
    {
      name: 'GET /me, p99 while logins saturate',
      unit: '× idle',
      bar: 1.5,
      atLeast: false,
      of: (slots: Record<keyof typeof contestants, number>) => slots.storm / slots.idle,
    },
  ];
  return runWorkload('storm', { contestants, targets }, longer(size));
}

function longer({ rounds, milliseconds }: Size): Size {
  return { rounds, milliseconds: Math.max(milliseconds, shortestSlot) };
}

async function prepareLogin({ service }: Stage): Promise<() => Promise<unknown>> {
  const account = newRegistration();
  await post(`${service.url}/api/users/register`, account);
  return () => post(`${service.url}/api/users/login`, credentialsOf(account));
}

/** One more client than there are threads keeps them all busy. */
async function perSecond(work: () => Promise<unknown>, milliseconds: number): Promise<number> {
  let done = 0;
  const begun = performance.now();
  const client = async (): Promise<void> => {
    for (; performance.now() < begun + milliseconds; done += 1) await work();
  };
  await Promise.all(Array.from({ length: threads + 1 }, client));
  return (done * 1000) / (performance.now() - begun);
}

async function p99Of(url: string, token: string, milliseconds: number): Promise<number> {
  const latencies: number[] = [];
  for (const begun = performance.now(); performance.now() < begun + milliseconds; ) {
    const latency = await timeGet(url, token);
    latencies.push(latency);
    await sleep(Math.max(0, 1000 / probesPerSecond - latency));
  }
  return percentile(latencies, 0.99);
}
