import { once } from 'node:events';
import { type IncomingMessage, Agent as PlainAgent, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { text } from 'node:stream/consumers';
import { urlToHttpOptions } from 'node:url';

/** Whether the list knows a digest, in hex. Throws if there is no sound answer within a second. */
export type AskRange = (digest: string, signal: AbortSignal) => Promise<boolean>;

const answerMilliseconds = 1000;
const mostBytes = 512 * 1024;
const mostConnections = 8;
const prefixLength = 5;

/**
 * Asks a list of digests by the first five digits (k-anonymity): it answers with all that begin so,
 * and padding hides how many there are. Redirects are not followed.
 */
export function createAskRange(url: string): AskRange {
  const isTls = url.startsWith('https:');
  const pool = { keepAlive: true, maxSockets: mostConnections };
  const agent = isTls ? new TlsAgent(pool) : new PlainAgent(pool);
  return async (digest, signal) => {
    const digits = digest.toUpperCase();
    const address = new URL(`${url}/${digits.slice(0, prefixLength)}`);
    const outgoing = (isTls ? requestTls : requestPlain)({
      ...urlToHttpOptions(address),
      agent,
      headers: { 'user-agent': 'adl', 'add-padding': 'true', accept: 'text/plain' },
      // Waiting for a free connection counts, too.
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMilliseconds)]),
    });
    outgoing.on('error', () => {}).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const lines = await answerOf(incoming);
    return contains(lines, digits.slice(prefixLength));
  };
}

async function answerOf(incoming: IncomingMessage): Promise<string> {
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) incoming.destroy(new Error('the answer is too long'));
  });
  if (incoming.statusCode !== 200) {
    incoming.destroy();
    throw new Error(`status ${incoming.statusCode}`);
  }
  const lines = await text(incoming);
  if (!/^([0-9a-f]{35}:\d+\s|\s*$)/i.test(`${lines}\n`)) throw new Error('the answer is no range');
  return lines;
}

/** A line is the rest of a digest, a colon and how often it was seen; padding was seen never. */
function contains(lines: string, rest: string): boolean {
  return new RegExp(`^${rest}:0*[1-9]`, 'im').test(lines);
}
