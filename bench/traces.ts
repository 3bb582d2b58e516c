import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { startDatabaseService } from '../test/faults/postgres-backed.ts';
import { type Figure, mean } from './figure.ts';
import { costsOfReads, meanAndRange, requestsPerRound, startBeside } from './paired-reads.ts';

const starts = 5;
const warmUps = 3;
const rounds = 4;

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
  const without: number[] = [];
  const traces: number[] = [];
  // No two processes are equally fast, even running the same code.
  for (let start = 0; start < starts; start += 1) {
    const [plain, traced] = await Promise.all([
      startBeside(first, lifetime, {}),
      startBeside(first, lifetime, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }),
    ]);
    for (let round = 0; round < warmUps + rounds; round += 1) {
      const [one, other] = await costsOfReads([
        { server: plain, token },
        { server: traced, token },
      ]);
      if (round < warmUps) continue;
      without.push(one);
      traces.push(other);
    }
    await Promise.all([plain.terminate(), traced.terminate()]);
  }
  for (const end of ends.toReversed()) await end();
  // Dropped spans would cost nothing.
  const traced = starts * (warmUps + rounds) * requestsPerRound;
  assert.ok(receiver.spans() > traced, `${receiver.spans()} spans of ${traced} requests`);
  console.log(`     ${meanAndRange(without)} without, ${meanAndRange(traces)} with traces`);
  const value = mean(traces) / mean(without);
  return [{ name: 'GET me with traces / without, CPU', value, unit: '', bar: 1.1 }];
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
