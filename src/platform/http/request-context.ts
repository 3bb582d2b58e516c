import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CidrList, cidrListContains } from './cidr.ts';
import { peerAddress } from './client-address.ts';

/** What every log line of a request carries, without being handed from function to function. */
const requestContext = new AsyncLocalStorage<{ request_id: string }>();

/** Runs the rest of the request inside its context. */
export function runInRequest(requestId: string, next: () => void): void {
  requestContext.run({ request_id: requestId }, next);
}

/** For the logger's `mixin`. */
export function requestLogFields(): Record<string, string> {
  // A copy: the logger writes the line's own members into it.
  return { ...requestContext.getStore() };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const hex = /^[0-9a-f]{32}$/i;

/** An id that a trusted proxy gave is kept when it is a UUID or 32 hex digits; any other is replaced (ASVS V16.2.4). */
export function requestIdOf(request: IncomingMessage, trustedProxies: CidrList): string {
  const given = request.headers['x-request-id'];
  if (typeof given !== 'string' || !cidrListContains(trustedProxies, peerAddress(request)))
    return randomUUID();
  if (uuid.test(given)) return given.toLowerCase();
  return hex.test(given)
    ? given.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    : randomUUID();
}
