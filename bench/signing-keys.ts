import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { type Figure, median } from './figure.ts';
import { post, readsPerSecond } from './json-requests.ts';
import { npmStart } from './npm-start.ts';

const root = join(import.meta.dirname, '..');
const starts = 4;
const rounds = 8;
const reading = { clients: 8, seconds: 1 };

/** What tokens cost that other services can verify, and the keys that they verify them with. */
export async function measureSigningKeys(): Promise<Figure[]> {
  const ratios: number[] = [];
  const jwks: number[] = [];
  // No two processes are equally fast, whatever they do.
  for (let start = 0; start < starts; start += 1) await measureOnce(ratios, jwks);
  const figure = (name: string, values: number[], bar: number): Figure => ({
    name,
    value: median(values),
    unit: '',
    bar,
    atLeast: true,
  });
  return [
    figure('GET me with EdDSA / with HS256', ratios, 0.95),
    figure('JWKS / health/live', jwks, 0.9),
  ];
}

async function measureOnce(ratios: number[], jwks: number[]): Promise<void> {
  const [eddsa, hs256] = [await startWith('EdDSA'), await startWith('HS256')];
  // Code is compiled.
  for (const service of [eddsa, hs256, eddsa, hs256]) await me(service);
  for (let round = 0; round < rounds; round += 1) {
    // In turns, each first as often as second, so that neither gains from the machine's speed.
    const [first, second] = round % 2 === 0 ? [eddsa, hs256] : [hs256, eddsa];
    const [one, other] = [await me(first), await me(second)];
    ratios.push(first === eddsa ? one / other : other / one);
  }
  // Afterwards: a server that has just answered something else is slower or faster.
  for (let round = 0; round < rounds / 2; round += 1) {
    const live = await readsPerSecond(`${eddsa.url}/health/live`, reading);
    const keys = await readsPerSecond(`${eddsa.url}/.well-known/jwks.json`, reading);
    jwks.push(keys / live);
  }
  await Promise.all([eddsa.stop(), hs256.stop()]);
}

type Started = Awaited<ReturnType<typeof startWith>>;

function me({ url, token }: Started): Promise<number> {
  return readsPerSecond(`${url}/api/users/me`, { ...reading, token });
}

async function startWith(algorithm: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const service = await npmStart(root, {
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    BCRYPT_ROUNDS: '4',
    RATE_LIMIT_PER_HOUR: '0',
    RATE_LIMIT_ACCOUNT_PER_HOUR: '0',
    ACCESS_TOKEN_ALGORITHM: algorithm,
  });
  const person = newRegistration();
  await post(`${service.url}/api/users/register`, person);
  const tokens = await post(`${service.url}/api/users/login`, credentialsOf(person));
  const stop = async () => {
    await service.stop();
    rmSync(dataDir, { recursive: true });
  };
  return { url: service.url, token: String(tokens.access_token), stop };
}
