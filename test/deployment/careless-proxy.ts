import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

type Lifetime = { after(end: () => unknown): void };

/** What an operator can get wrong in a proxy. */
export type Carelessness = {
  /** What becomes of the `X-Forwarded-For` of a client. */
  forwardedFor: 'set' | 'append' | 'pass' | 'drop';
  /** The address that it connects from. */
  from?: string;
  host?: string;
  scheme?: string;
  tls: ServerOptions;
  /** Of the answers: undefined takes a header away, a list repeats it. */
  headers?: Record<string, string | string[] | undefined>;
  /** Over http: passes on, or redirects all to there. */
  plain?: 'serve' | { redirect: string };
  /** Paths that it answers itself, with this status. */
  own?: Record<string, number>;
};

/** A proxy in front of one replica, for tests of what a wrong one does; it ends with the test. */
export async function startCarelessProxy(
  t: Lifetime,
  replica: number,
  how: Carelessness,
): Promise<{ port: number; plainPort: number }> {
  const pass = (incoming: IncomingMessage, answer: ServerResponse) =>
    forward(replica, how, incoming, answer);
  const servers = [
    createTlsServer(how.tls, pass),
    createServer((incoming, answer) => {
      if (how.plain === undefined) incoming.socket.destroy();
      else if (how.plain === 'serve') pass(incoming, answer);
      else answer.writeHead(308, { location: how.plain.redirect }).end();
    }),
  ];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
  }
  const [port = 0, plainPort = 0] = ports;
  return { port, plainPort };
}

function forward(
  port: number,
  how: Carelessness,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  const own = how.own?.[incoming.url ?? ''];
  if (own !== undefined) return void answer.writeHead(own).end('own');
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method: incoming.method,
    path: incoming.url,
    headers: headersFor(how, incoming),
    localAddress: how.from ?? '127.0.0.1',
    agent: false,
  });
  outgoing.on('error', () => answer.destroy());
  outgoing.on('response', (response) => {
    const headers = { ...response.headers, ...how.headers };
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) answer.setHeader(name, value);
    answer.writeHead(response.statusCode ?? 500);
    response.pipe(answer);
  });
  incoming.pipe(outgoing);
}

function headersFor(
  { forwardedFor, host, scheme }: Carelessness,
  { headers, socket }: IncomingMessage,
) {
  const { 'x-forwarded-for': claimed, ...rest } = headers;
  const client = socket.remoteAddress ?? '';
  const forwarded = {
    set: client,
    append: `${claimed}, ${client}`,
    pass: claimed,
    drop: undefined,
  }[forwardedFor];
  return {
    ...rest,
    ...(host !== undefined && { host }),
    ...(scheme !== undefined && { 'x-forwarded-proto': scheme }),
    ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }),
  };
}
