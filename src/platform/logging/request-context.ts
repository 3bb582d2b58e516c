import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import { currentTracing } from '../tracing/tracing.ts';

export type Origin = { readonly requestId: string; readonly ip: string };

type Context = {
  readonly logFields: Record<string, string>;
  readonly origin: Origin | null;
  readonly isCommand?: true;
};

/** The context of a request or job, added to its log lines and audit events. */
const contexts = new AsyncLocalStorage<Context>();

// W3C Trace Context, version 00. Anything else is ignored.
const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** As the caller sent it; null if it is not well-formed. */
export function traceparentOf({ traceparent }: IncomingHttpHeaders): string | null {
  return typeof traceparent === 'string' && traceparentForm.test(traceparent) ? traceparent : null;
}

type Request = { id: string; clientAddress: string; headers: IncomingHttpHeaders };

export function runInRequest({ id, clientAddress, headers }: Request, rest: () => void): void {
  const traceparent = currentTracing()?.traceparent() ?? traceparentOf(headers);
  const traced = traceparent === null ? {} : { traceparent };
  contexts.run(
    { logFields: { request_id: id, ...traced }, origin: { requestId: id, ip: clientAddress } },
    rest,
  );
}

/** Runs a background job in its context; `origin` is the request that caused it, if any. */
export function runInJob<T>(
  job: string,
  work: () => Promise<T>,
  origin: Origin | null = null,
): Promise<T> {
  const asked = origin === null ? {} : { request_id: origin.requestId };
  return contexts.run({ logFields: { job, ...asked }, origin }, work);
}

/** Runs a command of the command line in its context. */
export function runInCommand<T>(command: string, work: () => Promise<T>): Promise<T> {
  return contexts.run({ logFields: { command }, origin: null, isCommand: true }, work);
}

/** Whether the current work was ordered on the command line, by nobody who has an account. */
export function isCommand(): boolean {
  return contexts.getStore()?.isCommand === true;
}

/** For the logger's `mixin`. */
export function contextLogFields(): Record<string, string> {
  // A copy, because pino adds the fields of the line to it.
  return { ...contexts.getStore()?.logFields };
}

/** The request that caused the current work; null if there is none. */
export function currentOrigin(): Origin | null {
  return contexts.getStore()?.origin ?? null;
}
