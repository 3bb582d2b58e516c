import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { startDatabaseService, startUnlimited } from '../test/faults/postgres-backed.ts';
import { cpuMilliseconds } from '../test/faults/process-figures.ts';
import type { ServerProcess } from '../test/faults/server-process.ts';
import { findFreePort } from '../test/free-port.ts';
import { type Figure, median } from './figure.ts';
import { timeGet } from './json-requests.ts';

const rounds = 15;
const requests = 2500;
const clients = 8;

/** What a request costs the server's process more where every one is traced. */
export async function measureTraces(): Promise<Figure[]> {
  const ends: (() => unknown)[] = [];
  const lifetime = { after: (end: () => unknown) => void ends.push(end) };
  const endpoint = await startReceiver(lifetime);
  const quiet = { LOG_LEVEL: 'warn' };
  const { server: plain } = await startDatabaseService(lifetime, quiet);
  const port = String(await findFreePort());
  const env = { ...plain.env, PORT: port, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const traced = await startUnlimited(lifetime, env);
  const person = newRegistration();
  await plain.request('POST', '/api/users/register', { body: person });
  const login = await plain.request('POST', '/api/users/login', { body: credentialsOf(person) });
  const token = String(login.body.access_token);
  // Compiles, and fills both pools.
  for (const server of [plain, traced]) await cpuOfReads(server, token);
  const [without, traces]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    without.push(await cpuOfReads(plain, token));
    traces.push(await cpuOfReads(traced, token));
  }
  for (const end of ends.toReversed()) await end();
  console.log(`     ${spread(without)} without, ${spread(traces)} with traces`);
  // One slot differs from the next by more than the bar: medians, not single ratios.
  const value = median(traces) / median(without);
  return [{ name: 'GET me with traces / without, CPU', value, unit: '', bar: 1.1 }];
}

function spread(milliseconds: readonly number[]): string {
  const each = milliseconds.map((one) => one / requests).toSorted((one, other) => one - other);
  return `${median(each).toFixed(3)} ms (${each[0]?.toFixed(3)} to ${each.at(-1)?.toFixed(3)})`;
}

async function cpuOfReads({ pid, url }: ServerProcess, token: string): Promise<number> {
  const before = cpuMilliseconds(pid);
  let left = requests;
  const client = async (): Promise<void> => {
    for (; left > 0; left -= 1) await timeGet(`${url}/api/users/me`, token);
  };
  await Promise.all(Array.from({ length: clients }, client));
  // The last batch of spans is sent after a second.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  return cpuMilliseconds(pid) - before;
}

async function startReceiver(t: { after(end: () => unknown): void }): Promise<string> {
  const server = createServer((incoming, answer) => {
    incoming
      .resume()
      .on('end', () => answer.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
