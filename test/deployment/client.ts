import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Answer } from '../answer.ts';
import { type Exchange, exchangeOver, requestText } from '../raw-http.ts';
import { assertSoundAnswer } from '../sound-answer.ts';
import { type Nginx, publicHost } from './nginx.ts';

type Options = {
  /** The address to call from, in 127.0.0.0/8. */
  from?: string;
  headers?: Record<string, string>;
  body?: unknown;
};

/** Over HTTP/1.1; the certificate is checked. */
export async function openTls(
  { port, certificate }: Nginx,
  from = '127.0.0.1',
): Promise<TLSSocket> {
  // Node passes `localAddress` on, although the type of TLS connections does not have it.
  const place: ConnectionOptions & { localAddress: string } = {
    host: '127.0.0.1',
    port,
    servername: publicHost,
    ca: certificate,
    localAddress: from,
    ALPNProtocols: ['http/1.1'],
  };
  const socket = connect(place);
  await once(socket, 'secureConnect');
  return socket;
}

/** Raw bytes over a new connection with TLS. */
export async function exchangeWith(
  nginx: Nginx,
  bytes: Parameters<typeof exchangeOver>[1],
  { from, ...options }: Parameters<typeof exchangeOver>[2] & { from?: string } = {},
): Promise<Exchange> {
  return exchangeOver(await openTls(nginx, from), bytes, options);
}

/** One request over a new connection; the answer is checked against the common invariants. */
export async function ask(
  nginx: Nginx,
  method: string,
  path: string,
  options: Options = {},
): Promise<Answer> {
  const text = askText(method, path, options);
  const { answers } = await exchangeWith(nginx, text, {
    answers: 1,
    ...(options.from && { from: options.from }),
  });
  const [answer] = answers;
  if (answer === undefined)
    throw new Error(`${method} ${path.slice(0, 100)}: closed without an answer`);
  assertSoundAnswer(answer, { method, path });
  return answer;
}

function askText(method: string, path: string, { headers = {}, body }: Options): string {
  const json = body === undefined ? '' : JSON.stringify(body);
  const type: Record<string, string> =
    body === undefined ? {} : { 'Content-Type': 'application/json' };
  return requestText(method, path, { Host: publicHost, ...type, ...headers }, json);
}

/** GET / over the connections of the agent, for many at once. */
export async function askThrough(
  { port, certificate }: Nginx,
  agent: Agent,
  from: string,
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  const place = {
    host: '127.0.0.1',
    port,
    servername: publicHost,
    ca: certificate,
    localAddress: from,
  };
  const outgoing = request({ ...place, agent, path: '/', headers: { Host: publicHost } });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  incoming.resume();
  await once(incoming, 'end');
  return { status: incoming.statusCode ?? 0, headers: incoming.headers };
}
