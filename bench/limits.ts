import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryLimiter } from '../src/platform/rate-limit/memory-limiter.ts';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { type Figure, median } from './figure.ts';
import { readsPerSecond, send } from './json-requests.ts';
import { npmStart } from './npm-start.ts';

const root = join(import.meta.dirname, '..');
const clients = 8;
const seconds = 6;
const rounds = 5;

/** The cost of counting a request, and of refusing one. */
export async function measureLimits(): Promise<Figure[]> {
  const refusal = await refusalMilliseconds();
  const ratios: number[] = [];
  const counted = await startService('1000000');
  const free = await startService('0');
  for (let round = 0; round < rounds; round += 1) {
    // Alternating, so that a change in the machine's speed affects both.
    const [one, other] = [await reads(free), await reads(counted)];
    ratios.push(other / one);
  }
  const refused = await refusedLatency(root);
  await Promise.all([counted.stop(), free.stop()]);
  return [
    {
      name: 'GET me with limits / without',
      value: median(ratios),
      unit: '',
      bar: 0.9,
      atLeast: true,
    },
    { name: 'a refused request, in the limiter', value: refusal, unit: 'ms', bar: 1 },
    { name: 'a refused sign-in, from outside, median', value: refused, unit: 'ms', bar: 10 },
  ];
}

function reads({ url, token }: { url: string; token: string }): Promise<number> {
  return readsPerSecond(`${url}/api/users/me`, { clients, seconds: seconds / rounds, token });
}

async function startService(limit: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const limits = { RATE_LIMIT_PER_HOUR: limit, RATE_LIMIT_ACCOUNT_PER_HOUR: limit };
  const service = await npmStart(root, {
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    BCRYPT_ROUNDS: '4',
    ...limits,
  });
  const person = newRegistration();
  await send(`${service.url}/api/users/register`, person);
  const login = await send(`${service.url}/api/users/login`, credentialsOf(person));
  const { access_token: token } = (await login.json()) as { access_token: string };
  const stop = async (): Promise<void> => {
    await service.stop();
    rmSync(dataDir, { recursive: true });
  };
  return { url: service.url, token, stop };
}

async function refusalMilliseconds(): Promise<number> {
  const limiter = createMemoryLimiter();
  const policy = { name: 'ip', limit: 1, windowSeconds: 3600 };
  const refusals = 100_000;
  const begun = performance.now();
  for (let count = 0; count < refusals; count += 1) await limiter.take(policy, 'one');
  return (performance.now() - begun) / refusals;
}

async function refusedLatency(directory: string): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const service = await npmStart(directory, {
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_HOUR: '1',
  });
  const waits: number[] = [];
  for (let count = 0; count < 500; count += 1) {
    const begun = performance.now();
    const answer = await send(`${service.url}/api/users/login`, {
      username: 'ada',
      password: 'some password',
    });
    await answer.arrayBuffer();
    if (count > 100) waits.push(performance.now() - begun);
  }
  await service.stop();
  rmSync(dataDir, { recursive: true });
  return median(waits);
}
