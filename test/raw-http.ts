import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { HttpServer } from '../src/platform/http/http-server.ts';
import type { Answer } from './answer.ts';

type Bytes = string | Buffer;

export type Exchange = {
  /** All complete answers, without interim ones (1xx). */
  answers: Answer[];
  /** Whether the server closed the connection before the client did. */
  closedByServer: boolean;
  /** How many bytes the server accepted before it closed. */
  bytesSent: number;
};

type Options = {
  /** How long to wait for answers or the end; five by default. */
  seconds?: number;
  /** The client closes after this many answers; without it, it waits until the server closes. */
  answers?: number;
  /** The client half-closes after sending, and continues to read. */
  endAfterSending?: boolean;
};

/** The port of the service; it starts to listen on the first call. */
export async function portOf(app: HttpServer): Promise<number> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/**
 * Sends raw bytes over a new connection. Fails in time with neither answers nor the end.
 */
export async function exchange(
  app: HttpServer,
  bytes: Bytes | readonly Bytes[],
  options: Options & {
    /** The address to call from, in 127.0.0.0/8. */
    localAddress?: string;
  } = {},
): Promise<Exchange> {
  const { localAddress, ...others } = options;
  const source = localAddress ? { localAddress } : {};
  return exchangeOver(
    connect({ host: '127.0.0.1', port: await portOf(app), ...source }),
    bytes,
    others,
  );
}

/** The same over a connection that was just opened, such as one with TLS; closes it. */
export async function exchangeOver(
  socket: Socket,
  bytes: Bytes | readonly Bytes[],
  options: Options = {},
): Promise<Exchange> {
  const {
    answers: wanted = Number.POSITIVE_INFINITY,
    endAfterSending = false,
    seconds = 5,
  } = options;
  const chunks: readonly Bytes[] =
    typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes;
  const toHead = chunks[0]?.toString().startsWith('HEAD ') ?? false;
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  let received = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    received = Buffer.concat([received, data]);
    if (readAnswers(received, toHead).length >= wanted) resolve(false);
  });
  socket.on('close', () => resolve(true));
  // A server that closes while the client still sends resets the connection; what it sent before
  // that counts.
  socket.on('error', () => {});
  const timer = setTimeout(
    () =>
      reject(
        new Error(
          `neither answers nor an end after ${seconds} s:\n${received.toString().slice(0, 2000)}`,
        ),
      ),
    seconds * 1000,
  );
  try {
    void send(socket, chunks, endAfterSending);
    const closedByServer = await promise;
    return {
      answers: readAnswers(received, toHead),
      closedByServer,
      bytesSent: socket.bytesWritten,
    };
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** A request as text, with the defaults of an ordinary client. */
export function requestText(
  method: string,
  target: string,
  headers: Record<string, string> = {},
  body = '',
): string {
  const all: Record<string, string> = {
    Host: 'localhost',
    ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

async function send(
  socket: Socket,
  chunks: readonly Bytes[],
  endAfterSending: boolean,
): Promise<void> {
  for (const chunk of chunks) {
    if (socket.destroyed) return;
    if (!socket.write(chunk))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
  }
  if (endAfterSending) socket.end();
}

/** Every answer of the service with a body has a Content-Length. */
function readAnswers(received: Buffer, toHead: boolean): Answer[] {
  const answers: Answer[] = [];
  let rest = received;
  for (;;) {
    const endOfHead = rest.indexOf('\r\n\r\n');
    if (endOfHead === -1) return answers;
    const [statusLine = '', ...lines] = rest
      .subarray(0, endOfHead)
      .toString('latin1')
      .split('\r\n');
    const headers = readHeaders(lines);
    const status = Number(statusLine.split(' ')[1]);
    const start = endOfHead + 4;
    const end = start + (toHead ? 0 : Number(headers['content-length'] ?? 0));
    if (rest.length < end) return answers;
    const text = rest.subarray(start, end).toString();
    const isJson = text !== '' && String(headers['content-type']).startsWith('application/json');
    if (status >= 200)
      answers.push({ status, headers, text, body: isJson ? JSON.parse(text) : text });
    rest = rest.subarray(end);
  }
}

/** A header that comes twice becomes a list, which no valid answer has. */
function readHeaders(lines: string[]): Answer['headers'] {
  const headers: Answer['headers'] = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? [headers[name] ?? '', value].flat() : value;
  }
  return headers;
}

/** A request with a JSON body. */
export type Call = {
  method?: string;
  path: string;
  body: object;
  token?: string;
  headers?: Record<string, string>;
};

export function callText({ method = 'POST', path, body, token, headers }: Call): string {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return requestText(
    method,
    path,
    { 'Content-Type': 'application/json', ...authorization, ...headers },
    JSON.stringify(body),
  );
}
