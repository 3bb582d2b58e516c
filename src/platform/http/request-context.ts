import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type CidrList, cidrListContains } from './cidr.ts';
import { peerAddress } from './client-address.ts';

type LogFields = { request_id: string; traceparent?: string } | { job: string };

/** What every log line of a request or a job carries, without being handed from function to function. */
const logContext = new AsyncLocalStorage<LogFields>();

// W3C Trace Context, version 00. Anything else is nobody's trace.
const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Runs the rest of the request inside its context. */
export function runInRequest(request: { id: string; headers: IncomingHttpHeaders }, rest: () => void): void {
  const { traceparent } = request.headers;
  const traced = typeof traceparent === 'string' && traceparentForm.test(traceparent) ? { traceparent } : {};
  logContext.run({ request_id: request.id, ...traced }, rest);
}

/** Runs what no request waits for under its own name. */
export function runInJob<T>(job: string, work: () => Promise<T>): Promise<T> {
  return logContext.run({ job }, work);
}

/** For the logger's `mixin`. */
export function contextLogFields(): Record<string, string> {
  // A copy: the logger writes the line's own members into it.
  return { ...logContext.getStore() };
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
