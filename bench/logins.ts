import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPasswordHasher } from '../src/platform/hashing/password-hasher.ts';
import { credentialsOf } from '../test/factories.ts';
import { type Figure, percentile } from './figure.ts';
import { post, timeGet } from './json-requests.ts';
import { startOnPostgres } from './start-on-postgres.ts';

const seconds = 12;
const probesPerSecond = 50;
const threads = availableParallelism();
const account = {
  username: 'bench',
  email: 'bench@example.com',
  password: 'violet harbour anvil 93',
};
// The fifty-first sign-in of an account ends its first session.
const bystander = { ...account, username: 'bystander', email: 'bystander@example.com' };

/**
 * Sign-ins at full load against the bare hash on the same cores, and the effect on other requests.
 */
export async function measureLogins(): Promise<Figure[]> {
  const service = await startOnPostgres({});
  for (const one of [account, bystander]) await post(`${service.url}/api/users/register`, one);
  const { access_token: token } = await post(
    `${service.url}/api/users/login`,
    credentialsOf(bystander),
  );
  await probe(service.url, String(token), 3);

  // Alternating, so that a change in the machine's speed affects both.
  const ratios: number[] = [];
  const idle: number[] = [];
  const loaded: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const bare = await bareHashesPerSecond();
    // Nothing beside them, as beside the bare hash: the probes take processor time, too.
    const logins = await loginsPerSecond(service.url);
    ratios.push(logins / bare);
    idle.push(percentile(await probe(service.url, String(token), seconds / 2), 0.99));
    const [, latencies] = await Promise.all([
      loginsPerSecond(service.url),
      probe(service.url, String(token), seconds),
    ]);
    loaded.push(percentile(latencies, 0.99));
    console.log(
      `     round ${round + 1}: ${bare.toFixed(2)} bare hashes/s, ${logins.toFixed(2)} logins/s, ` +
        `GET me p99 ${idle.at(-1)?.toFixed(2)} ms idle, ${loaded.at(-1)?.toFixed(2)} ms under load`,
    );
  }
  await service.end();
  const slowdown = percentile(loaded, 0.5) / percentile(idle, 0.5);
  return [
    {
      name: 'logins per second / bare hashes per second',
      value: percentile(ratios, 0.5),
      unit: '',
      bar: 0.9,
      atLeast: true,
    },
    { name: 'GET /api/users/me p99 under that load / idle', value: slowdown, unit: '', bar: 2 },
  ];
}

async function bareHashesPerSecond(): Promise<number> {
  const hasher = await createPasswordHasher({
    threads,
    maxWaitSeconds: 60,
    target: { algorithm: 'bcrypt', bcryptRounds: 12 },
  });
  const stored = await hasher.hash(account.password, 'bench');
  const rate = await perSecond(() => hasher.verify(account.password, stored, 'bench'));
  await hasher.close();
  return rate;
}

function loginsPerSecond(url: string): Promise<number> {
  return perSecond(() => post(`${url}/api/users/login`, credentialsOf(account)));
}

/** One more client than there are threads keeps them all busy. */
async function perSecond(work: () => Promise<unknown>): Promise<number> {
  let done = 0;
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: threads + 1 }, client));
  return (done * 1000) / (performance.now() - startedAt);
}

async function probe(url: string, token: string, forSeconds: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let count = 0; count < forSeconds * probesPerSecond; count += 1) {
    const latency = await timeGet(`${url}/api/users/me`, token);
    latencies.push(latency);
    await sleep(Math.max(0, 1000 / probesPerSecond - latency));
  }
  return latencies;
}
