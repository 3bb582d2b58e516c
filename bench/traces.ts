import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { startDatabaseService, startUnlimited } from '../test/faults/postgres-backed.ts';
import { cpuMilliseconds } from '../test/faults/process-figures.ts';
import type { ServerProcess } from '../test/faults/server-process.ts';
import { findFreePort } from '../test/free-port.ts';
import { type Figure, mean } from './figure.ts';
import { timeGet } from './json-requests.ts';

const starts = 5;
const warmUps = 3;
const rounds = 4;
/** To each of the servers, in a round. */
const requests = 2500;
const clients = 8;

type Servers = readonly [plain: ServerProcess, traced: ServerProcess];

/** What a request costs the server's process more where every one is traced. */
export async function measureTraces(): Promise<Figure[]> {
  const ends: (() => unknown)[] = [];
  const lifetime = { after: (end: () => unknown) => void ends.push(end) };
  const receiver = await startReceiver(lifetime);
  const { server: first } = await startDatabaseService(lifetime, { LOG_LEVEL: 'warn' });
  const person = newRegistration();
  await first.request('POST', '/api/users/register', { body: person });
  const login = await first.request('POST', '/api/users/login', { body: credentialsOf(person) });
  const token = String(login.body.access_token);
  await first.terminate();
  const costs: Cost[] = [];
  // No two processes are equally fast, even running the same code.
  for (let start = 0; start < starts; start += 1) {
    const servers = await Promise.all([
      startWith(first, lifetime, {}),
      startWith(first, lifetime, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }),
    ]);
    for (let round = 0; round < warmUps + rounds; round += 1) {
      const cost = await costOfReads(servers, token);
      if (round >= warmUps) costs.push(cost);
    }
    await Promise.all(servers.map((server) => server.terminate()));
  }
  for (const end of ends.toReversed()) await end();
  // Dropped spans would cost nothing.
  const traced = starts * (warmUps + rounds) * requests;
  assert.ok(receiver.spans() > traced, `${receiver.spans()} spans of ${traced} requests`);
  const [without, traces] = [costs.map((cost) => cost.plain), costs.map((cost) => cost.traced)];
  console.log(`     ${spread(without)} without, ${spread(traces)} with traces`);
  const value = mean(traces) / mean(without);
  return [{ name: 'GET me with traces / without, CPU', value, unit: '', bar: 1.1 }];
}

/** Another server with the database and keys of the first. */
async function startWith(
  first: ServerProcess,
  lifetime: { after(end: () => unknown): void },
  env: Record<string, string>,
): Promise<ServerProcess> {
  return startUnlimited(lifetime, { ...first.env, PORT: String(await findFreePort()), ...env });
}

/** Processor time for a request, in milliseconds. */
type Cost = { plain: number; traced: number };

function spread(costs: readonly number[]): string {
  const bounds = [Math.min(...costs), Math.max(...costs)].map((cost) => cost.toFixed(3));
  return `${mean(costs).toFixed(3)} ms (${bounds.join(' to ')})`;
}

/**
 * Both answer at the same time, so that a machine that is slow for a moment slows both: measured
 * one after the other, they differed by three times what traces cost.
 */
async function costOfReads(servers: Servers, token: string): Promise<Cost> {
  const before = servers.map(({ pid }) => cpuMilliseconds(pid));
  let left = requests;
  const client = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      const order = left % 2 === 0 ? servers : servers.toReversed();
      await Promise.all(order.map(({ url }) => timeGet(`${url}/api/users/me`, token)));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const [plain = 0, traced = 0] = servers.map(
    ({ pid }, server) => (cpuMilliseconds(pid) - (before[server] ?? 0)) / requests,
  );
  return { plain, traced };
}

type Receiver = { url: string; spans: () => number };

async function startReceiver(t: { after(end: () => unknown): void }): Promise<Receiver> {
  let spans = 0;
  const server = createServer((incoming, answer) => {
    let body = '';
    incoming
      .setEncoding('utf8')
      .on('data', (text: string) => {
        body += text;
      })
      .on('end', () => {
        spans += body.split('"spanId"').length - 1;
        answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, spans: () => spans };
}
