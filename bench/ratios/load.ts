import { connect, type Socket } from 'node:net';
import { percentile } from '../figure.ts';

/** What a connection sends: the next request, and what it learns from its answer. */
export type Talk = { next(): string | Buffer; hear?(body: string): void };

export type Load = { count: number; perSecond: number; p50: number; p99: number };

/**
 * Each connection sends its next request when it has the answer. Sockets and no HTTP client, which
 * would take more of the machine than the server.
 */
export async function load(
  port: number,
  talks: readonly Talk[],
  milliseconds: number,
): Promise<Load> {
  const latencies: number[] = [];
  const begun = performance.now();
  const end = begun + milliseconds;
  await Promise.all(talks.map((talk) => talkUntil(port, talk, end, latencies)));
  const seconds = (performance.now() - begun) / 1000;
  return {
    count: latencies.length,
    perSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}

async function talkUntil(port: number, talk: Talk, end: number, latencies: number[]) {
  let socket = connect({ port, host: '127.0.0.1', noDelay: true });
  while (performance.now() < end) {
    const sentAt = performance.now();
    const { head, body } = await exchange(socket, talk.next());
    if (!head.startsWith('HTTP/1.1 2')) throw new Error(`${head.split('\r\n', 1)[0]}: ${body}`);
    latencies.push(performance.now() - sentAt);
    talk.hear?.(body);
    if (!/^connection: close/im.test(head)) continue;
    socket.destroy();
    socket = connect({ port, host: '127.0.0.1', noDelay: true });
  }
  socket.destroy();
}

type Answer = { head: string; body: string };

function exchange(socket: Socket, request: string | Buffer): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let received = '';
  const settle = (end: () => void) => {
    socket.off('data', hear).off('error', fail).off('close', fail);
    end();
  };
  const hear = (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const bodyAt = received.indexOf('\r\n\r\n') + 4;
    if (bodyAt === 3) return;
    const head = received.slice(0, bodyAt);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (received.length >= bodyAt + length)
      settle(() => resolve({ head, body: received.slice(bodyAt) }));
  };
  const fail = () => settle(() => reject(new Error('the connection was closed')));
  socket.on('data', hear).on('error', fail).on('close', fail);
  socket.write(request);
  return promise;
}

export function getRequest(path: string, token: string): Buffer {
  return Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
}

export function postRequest(path: string, content: unknown): Buffer {
  const body = JSON.stringify(content);
  const type = 'Content-Type: application/json';
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${type}\r\n${length}\r\n\r\n${body}`,
  );
}
