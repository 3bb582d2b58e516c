import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RequestOptions, sendRequest } from '../test/faults/http-request.ts';
import { openStormClients, storm } from '../test/faults/login-storm.ts';
import { openSockets } from '../test/faults/sockets.ts';
import { type Figure, percentile } from './figure.ts';
import { npmStart } from './npm-start.ts';

const slowSeconds = 9;

/**
 * How a thousand slow clients affect others, and how soon two hundred concurrent sign-ins are
 * answered.
 */
export async function measureOverload(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const limitsOff = { RATE_LIMIT_PER_HOUR: '0', RATE_LIMIT_ACCOUNT_PER_HOUR: '0' };
  const service = await npmStart(join(import.meta.dirname, '..'), {
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    ...limitsOff,
  });
  const port = Number(new URL(service.url).port);
  const server = {
    port,
    request: <Body>(method: string, path: string, options?: RequestOptions) =>
      sendRequest<Body>(port, method, path, options),
  };
  const ends: (() => unknown)[] = [];
  const until = { after: (end: () => unknown) => void ends.push(end) };
  const clients = openStormClients(until);
  await storm(server, clients);
  const inStorm = await storm(server, clients);
  const sockets = await openSockets(until, server, 1000);
  for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const latencies: number[] = [];
  for (
    const begun = performance.now();
    performance.now() - begun < slowSeconds * 1000;
    await sleep(20)
  ) {
    const { status, ms } = await server.request('GET', '/health');
    if (status !== 200) throw new Error(`/health answered ${status}`);
    latencies.push(ms);
    if (latencies.length % 50 === 0) for (const socket of sockets) socket.write('x');
  }
  for (const end of ends) end();
  await service.stop();
  rmSync(dataDir, { recursive: true });
  const p99 = percentile(latencies, 0.99);
  return [
    { name: '1,000 slow sockets: /health p99', value: p99, unit: 'ms', bar: 250 },
    ...inStorm,
  ];
}
