import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

type Options = {
  /** The address that each of them calls from, in 127.0.0.0/8. */
  from?: (index: number) => string;
  /** How many are being opened at once. */
  atOnce?: number;
};

/**
 * Opens bare connections, which are read and closed when the test ends. A reset ends one like any
 * other close.
 */
export async function openSockets(
  t: { after(end: () => unknown): void },
  { port }: { port: number },
  count: number,
  { from = () => '127.0.0.1', atOnce = 500 }: Options = {},
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < count) {
    const size = Math.min(atOnce, count - sockets.length);
    const more = Array.from({ length: size }, (_, index) =>
      connect({ port, host: '127.0.0.1', localAddress: from(sockets.length + index) }),
    );
    sockets.push(...more);
    for (const socket of more) socket.on('error', () => {}).resume();
    await Promise.all(
      more.filter(({ connecting }) => connecting).map((socket) => once(socket, 'connect')),
    );
  }
  return sockets;
}

/** One of many loopback addresses: `127.<block>.x.y`. */
export function loopbackAddress(block: number, index: number): string {
  return `127.${block}.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

/**
 * The first bytes of the answer, and how long they took; no bytes if the connection was closed
 * instead.
 */
export async function ask(
  socket: Socket,
  request: string,
): Promise<{ text: string; milliseconds: number }> {
  const begun = performance.now();
  const { promise, resolve } = Promise.withResolvers<string>();
  const onData = (bytes: Buffer) => resolve(bytes.toString());
  const onClose = () => resolve('');
  socket.once('data', onData).once('close', onClose);
  if (socket.destroyed) resolve('');
  else socket.write(request);
  const text = await promise;
  socket.off('data', onData).off('close', onClose);
  return { text, milliseconds: performance.now() - begun };
}

/** The answer to a newcomer when there is no free place. */
export const noPlace =
  /^HTTP\/1\.1 503 (?=.*\r\nretry-after: [1-3]\r\n)(?=.*\r\nconnection: close\r\n).*"ServiceUnavailableError"/is;
