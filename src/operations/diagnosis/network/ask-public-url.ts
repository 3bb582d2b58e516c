import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

/** Where `PUBLIC_URL` is asked: at what its name resolves to, or at a given address. */
export type Place = { url: URL; address?: string | undefined; httpPort?: number | undefined };

export type PublicAnswer = {
  status: number;
  headers: IncomingHttpHeaders;
  /** Names in lower case, in order; a header that came twice is there twice. */
  headerNames: string[];
  body: string;
  /** Of this end of the connection. */
  ownAddress: string;
};

type Asked = { method?: string; path: string; headers?: Record<string, string>; body?: string };

const answerMilliseconds = 4000;
const mostBytes = 256 * 1024;

/**
 * One request over a new connection, redirects not followed. The certificate is not required to be
 * good: it is a check of its own, and no secret is sent.
 */
export async function askPublicUrl(
  place: Place,
  { method = 'GET', path, headers = {}, body }: Asked,
  signal: AbortSignal,
): Promise<PublicAnswer> {
  const { url } = place;
  const isTls = url.protocol === 'https:';
  const outgoing = (isTls ? requestTls : requestPlain)({
    ...socketOptions(place),
    method,
    path: `${url.pathname.replace(/\/$/, '')}${path}`,
    headers: { host: url.host, 'user-agent': 'adl-doctor', ...headers },
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerMilliseconds)]),
    ...(isTls && { rejectUnauthorized: false }),
  });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const ownAddress = incoming.socket.localAddress ?? '';
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    headerNames: incoming.rawHeaders
      .filter((_part, at) => at % 2 === 0)
      .map((name) => name.toLowerCase()),
    body: await bounded(incoming),
    ownAddress: ownAddress.replace(/^::ffff:/, ''),
  };
}

/** Reads no more than a service of ours would send. */
async function bounded(incoming: IncomingMessage): Promise<string> {
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) incoming.destroy(new Error('the answer is too long'));
  });
  return text(incoming);
}

/** A handshake alone; whether the certificate is good is left to the caller. */
export async function openPublicTls(
  place: Place,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const socket = connect({
    ...socketOptions(place),
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...options,
  });
  try {
    await once(socket, 'secureConnect', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMilliseconds)]),
    });
    return socket.on('error', () => {});
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw error;
  }
}

export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function socketOptions({ url, address }: Place) {
  const host = hostOf(url);
  return {
    host: address ?? host,
    port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    // RFC 6066: no address in SNI.
    ...(isIP(host) === 0 && { servername: host }),
  };
}
