import { lookup as lookUp } from 'node:dns';
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isLoopbackHost } from '../http/client-address.ts';

const callMilliseconds = 5000;
const idleMilliseconds = 4000;
const mostBytes = 1024 * 1024;

/** A call that was refused or that failed: no answer, too late, or too much of it. */
export class OutboundError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'OutboundError';
  }
}

type GuardedRequest = {
  method?: string | undefined;
  headers?: Record<string, string> | undefined;
  body?: string | URLSearchParams | undefined;
  signal?: AbortSignal | undefined;
};

/** As `fetch`, for libraries that take one. It follows no redirect. */
export type GuardedFetch = (address: string, request?: GuardedRequest) => Promise<Response>;

type Rules = {
  /** Also private addresses, and on this machine without https. */
  allowsPrivate: boolean;
  lookup?: typeof lookUp;
};

/**
 * Calls addresses that somebody else named: by https, in 5 seconds, up to 1 MiB, and no address
 * inside (SSRF). The address that is checked is the one that is connected to, so that a name cannot
 * lead elsewhere in the meantime (DNS rebinding). Throws `OutboundError`.
 */
export function createGuardedFetch({ allowsPrivate, lookup = lookUp }: Rules): GuardedFetch {
  const agents = createAgents(guardedLookup(allowsPrivate, lookup));
  return async (address, { signal, ...request } = {}) => {
    const url = soundAddress(address, allowsPrivate);
    const late = AbortSignal.timeout(callMilliseconds);
    const ends = signal === undefined ? late : AbortSignal.any([late, signal]);
    try {
      return await call(url, request, { agents, signal: ends });
    } catch (error) {
      if (error instanceof OutboundError) throw error;
      throw new OutboundError(late.aborted ? 'it took too long' : 'the call failed', error);
    }
  };
}

function soundAddress(address: string, allowsPrivate: boolean): URL {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isPlainHere = url.protocol === 'http:' && allowsPrivate && isLoopbackHost(host);
  if (url.protocol !== 'https:' && !isPlainHere) throw new OutboundError('only https is called');
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('the address has credentials');
  // Names are checked where they are looked up, which is not done for addresses.
  if (isIP(host) !== 0 && !allowsPrivate && !isPublic(host))
    throw new OutboundError('the address is private');
  return url;
}

function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(ipaddr.IPv6.parse('2000::'), 3);
}

function guardedLookup(allowsPrivate: boolean, lookup: typeof lookUp): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error !== null || first === undefined) {
        done(error ?? new OutboundError('the name has no address'), '');
        return;
      }
      if (!allowsPrivate && !found.every(({ address }) => isPublic(address)))
        done(new OutboundError('the name leads to a private address'), '');
      else if (options.all) done(null, found);
      else done(null, first.address, first.family);
    });
  };
}

type Agents = { secure: SecureAgent; plain: PlainAgent };

/** A connection serves one origin. Idle ones are closed soon, before most servers would. */
function createAgents(lookup: LookupFunction): Agents {
  const options = { keepAlive: true, maxFreeSockets: 8, timeout: idleMilliseconds, lookup };
  return { secure: new SecureAgent(options), plain: new PlainAgent(options) };
}

type Ways = { agents: Agents; signal: AbortSignal };

function call(url: URL, asked: GuardedRequest, ways: Ways): Promise<Response> {
  const { method, headers, body } = asked;
  const { agents, signal } = ways;
  const isSecure = url.protocol === 'https:';
  const send = isSecure ? secureRequest : plainRequest;
  const agent = isSecure ? agents.secure : agents.plain;
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const content = body?.toString() ?? '';
  const sent = {
    ...headers,
    'accept-encoding': 'identity',
    ...(content !== '' && { 'content-length': String(Buffer.byteLength(content)) }),
  };
  const request = send(url, { method: method ?? 'GET', headers: sent, agent, signal });
  request.on('error', (error: NodeJS.ErrnoException) => {
    // The server closed an idle connection just then: the request never reached it.
    if (request.reusedSocket && error.code === 'ECONNRESET') resolve(call(url, asked, ways));
    else reject(error);
  });
  request.on('response', (answer) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) chunks.push(chunk);
      else {
        reject(new OutboundError('the answer is too large'));
        request.destroy();
      }
    });
    answer.on('error', reject);
    answer.on('end', () => {
      try {
        resolve(responseOf(answer, Buffer.concat(chunks)));
      } catch (error) {
        reject(new OutboundError('the answer has an impossible status', error));
      }
    });
  });
  request.end(content);
  return promise;
}

function responseOf({ statusCode: status = 0, headers }: IncomingMessage, content: Buffer) {
  const type = headers['content-type'];
  return new Response([204, 205, 304].includes(status) ? null : new Uint8Array(content), {
    status,
    headers: type === undefined ? {} : { 'content-type': type },
  });
}
