import assert from 'node:assert/strict';
import { decodeProtectedHeader } from 'jose';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { startDatabaseService } from '../test/faults/postgres-backed.ts';
import type { ServerProcess } from '../test/faults/server-process.ts';
import { type Figure, mean, median } from './figure.ts';
import { readsPerSecond } from './json-requests.ts';
import { costsOfReads, meanAndRange, type Reader, startBeside } from './paired-reads.ts';

const starts = 5;
const warmUps = 3;
const rounds = 4;
const reading = { clients: 8, seconds: 1 };

/** What tokens cost that other services can verify, and the keys that they verify them with. */
export async function measureSigningKeys(): Promise<Figure[]> {
  const ends: (() => unknown)[] = [];
  const lifetime = { after: (end: () => unknown) => void ends.push(end) };
  const { server: first } = await startDatabaseService(lifetime, { LOG_LEVEL: 'warn' });
  const person = newRegistration();
  await first.request('POST', '/api/users/register', { body: person });
  await first.terminate();
  const costs = { eddsa: [] as number[], hs256: [] as number[] };
  const jwks: number[] = [];
  const startWith = async (algorithm: string): Promise<Reader> => {
    const server = await startBeside(first, lifetime, { ACCESS_TOKEN_ALGORITHM: algorithm });
    const login = await server.request('POST', '/api/users/login', { body: credentialsOf(person) });
    const token = String(login.body.access_token);
    assert.equal(decodeProtectedHeader(token).alg, algorithm);
    return { server, token };
  };
  // No two processes are equally fast, even running the same code.
  for (let start = 0; start < starts; start += 1) {
    const [eddsa, hs256] = await Promise.all([startWith('EdDSA'), startWith('HS256')]);
    for (let round = 0; round < warmUps + rounds; round += 1) {
      const [one, other] = await costsOfReads([eddsa, hs256]);
      if (round < warmUps) continue;
      costs.eddsa.push(one);
      costs.hs256.push(other);
    }
    // Afterwards: a server that has just answered something else is slower or faster.
    for (let round = 0; round < rounds; round += 1) jwks.push(await jwksToLive(eddsa.server));
    await Promise.all([eddsa.server.terminate(), hs256.server.terminate()]);
  }
  for (const end of ends.toReversed()) await end();
  console.log(
    `     ${meanAndRange(costs.eddsa)} with EdDSA, ${meanAndRange(costs.hs256)} with HS256`,
  );
  const throughput = mean(costs.hs256) / mean(costs.eddsa);
  return [
    {
      name: 'GET me for the CPU time with EdDSA / with HS256',
      value: throughput,
      unit: '',
      bar: 0.95,
      atLeast: true,
    },
    { name: 'JWKS / health/live', value: median(jwks), unit: '', bar: 0.9, atLeast: true },
  ];
}

async function jwksToLive({ url }: ServerProcess): Promise<number> {
  const live = await readsPerSecond(`${url}/health/live`, reading);
  return (await readsPerSecond(`${url}/.well-known/jwks.json`, reading)) / live;
}
