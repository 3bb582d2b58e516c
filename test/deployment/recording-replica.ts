import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

type Lifetime = { after(end: () => unknown): void };

export type RecordingReplica = {
  port: number;
  /** The request lines that arrived, and everything else that did. */
  lines: () => string[];
  bytes: () => string;
};

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/**
 * What stands behind nginx where a test must see each byte that it passes on. `onRequest` may end
 * the connection instead of answering. Bodies must have a Content-Length.
 */
export async function startRecordingReplica(
  t: Lifetime,
  onRequest: (socket: Socket) => void = (socket) => void socket.write(answer),
): Promise<RecordingReplica> {
  const received: { head: string; body: string }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('data', (text: string) => {
      rest += text;
      for (let found = nextRequest(rest); found !== null; found = nextRequest(rest)) {
        received.push(found);
        rest = found.rest;
        onRequest(socket);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    lines: () => received.map(({ head }) => head.split('\r\n', 1)[0] ?? ''),
    bytes: () => received.map(({ head, body }) => `${head}\r\n\r\n${body}`).join('\n'),
  };
}

function nextRequest(text: string): { head: string; body: string; rest: string } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = text.slice(0, end);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const after = text.slice(end + 4);
  return after.length < length
    ? null
    : { head, body: after.slice(0, length), rest: after.slice(length) };
}
