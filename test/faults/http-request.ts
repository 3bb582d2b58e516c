import { once } from 'node:events';
import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
} from 'node:http';

export type RequestOptions = {
  /** Text and bytes are sent unchanged, anything else as JSON. */
  body?: unknown;
  /** Sent as `Authorization: Bearer`. */
  token?: string;
  headers?: Record<string, string>;
  /** For the whole exchange; 10 seconds by default. */
  timeoutMs?: number;
  /** Without one, the request has its own connection, which is closed after it. */
  agent?: Agent;
};

/**
 * `body` is parsed if it is JSON, null if there is none, else text; its type `Body` is not checked.
 */
export type Answer<Body = Record<string, unknown>> = {
  status: number;
  headers: IncomingHttpHeaders;
  body: Body;
  ms: number;
};

/**
 * The path is sent unchanged. Rejects without a complete answer: whether the request was carried
 * out is then unknown.
 */
export async function sendRequest<Body = Record<string, unknown>>(
  port: number,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<Body>> {
  const { timeoutMs = 10_000, agent = false } = options;
  const started = performance.now();
  const signal = AbortSignal.timeout(timeoutMs);
  const { bytes, headers } = encode(options);
  const place = { host: '127.0.0.1', port, agent, signal };
  try {
    const outgoing = request({ ...place, method, path, headers });
    outgoing.end(bytes);
    const incoming = await answerTo(outgoing);
    const body = decode(await textOf(incoming), incoming.headers) as Body;
    const ms = performance.now() - started;
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, body, ms };
  } catch (error) {
    throw new Error(
      `${method} ${path}: ${signal.aborted ? `no answer within ${timeoutMs} ms` : error}`,
      {
        cause: error,
      },
    );
  }
}

function encode({ body, token, headers = {} }: RequestOptions) {
  const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = Buffer.from(isRaw ? (body ?? '') : JSON.stringify(body));
  const own: Record<string, string> = {
    ...(isRaw ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined ? {} : { 'content-length': String(bytes.length) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return { bytes, headers: { ...own, ...headers } };
}

async function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [incoming] = await once(outgoing, 'response');
  // Any error after the response also ends the body, where it is handled.
  outgoing.on('error', () => {});
  return incoming;
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function decode(text: string, headers: IncomingHttpHeaders): unknown {
  if (text === '') return null;
  return /\bjson\b/.test(headers['content-type'] ?? '') ? JSON.parse(text) : text;
}
