import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 that nobody listens on, from below the range that the kernel takes the ports
 * of outgoing connections from. A service that goes down for a while finds such a port free again:
 * no client got it in the meantime, and none that retries connects to itself (a TCP simultaneous
 * open).
 */
export async function findFreePort(): Promise<number> {
  const end = Math.max(firstOutgoingPort(), 20_000);
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = randomInt(10_000, end);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port of 127.0.0.1 found from 10000 to ${end}`);
}

function firstOutgoingPort(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
  } catch {
    return 32_768;
  }
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
