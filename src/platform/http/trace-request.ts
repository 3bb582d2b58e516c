import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceparentOf } from '../logging/request-context.ts';
import { currentTracing, type RequestSpan } from '../tracing/tracing.ts';
import { type CidrList, cidrListContains } from './cidr.ts';
import { pathOf } from './path-of.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null where the request is not traced. */
    traceSpan: RequestSpan | null;
  }
}

/** Asked every few seconds by machines. */
const untraced = /^\/(health|metrics)(\/|$)/;

/**
 * Runs the rest of the request in a span. Only the clients of the list may have their trace
 * continued: others could write into traces of anybody, and have all their requests recorded. Their
 * trace is a link.
 */
export function traceRequest(request: FastifyRequest, parents: CidrList, rest: () => void): void {
  const tracing = currentTracing();
  if (tracing === null || untraced.test(pathOf(request.url))) {
    rest();
    return;
  }
  const traceparent = traceparentOf(request.headers);
  const opened = {
    method: request.method,
    requestId: request.id,
    traceparent,
    isParentTrusted: traceparent !== null && cidrListContains(parents, request.clientAddress),
  };
  tracing.beginRequest(opened, (span) => {
    request.traceSpan = span;
    rest();
  });
}

/** The answer was sent, or its client has gone. */
export function endTrace(request: FastifyRequest, { statusCode: status }: FastifyReply): void {
  const route = request.is404 ? null : (request.routeOptions.url ?? null);
  request.traceSpan?.end({ route, status });
}
