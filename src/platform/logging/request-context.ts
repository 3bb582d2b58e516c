import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';

/** Where a request came from, for the record of what it did. */
export type Origin = { readonly requestId: string; readonly ip: string };

type Context = { readonly logFields: Record<string, string>; readonly origin: Origin | null };

/** What every log line and every audit event of a request or a job carries, without being handed from function to function. */
const contexts = new AsyncLocalStorage<Context>();

// W3C Trace Context, version 00. Anything else is nobody's trace.
const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

type Request = { id: string; clientAddress: string; headers: IncomingHttpHeaders };

/** Runs the rest of the request inside its context. */
export function runInRequest({ id, clientAddress, headers }: Request, rest: () => void): void {
  const { traceparent } = headers;
  const traced = typeof traceparent === 'string' && traceparentForm.test(traceparent) ? { traceparent } : {};
  contexts.run(
    { logFields: { request_id: id, ...traced }, origin: { requestId: id, ip: clientAddress } },
    rest,
  );
}

/** Runs what no request waits for under its own name; for the request that asked for it, where there was one. */
export function runInJob<T>(job: string, work: () => Promise<T>, origin: Origin | null = null): Promise<T> {
  const asked = origin === null ? {} : { request_id: origin.requestId };
  return contexts.run({ logFields: { job, ...asked }, origin }, work);
}

/** For the logger's `mixin`. */
export function contextLogFields(): Record<string, string> {
  // A copy: the logger writes the line's own members into it.
  return { ...contexts.getStore()?.logFields };
}

/** The request that this is done for; null outside of any. */
export function currentOrigin(): Origin | null {
  return contexts.getStore()?.origin ?? null;
}
