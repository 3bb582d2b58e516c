import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceparentOf } from '../logging/request-context.ts';
import { currentTracing, type RequestSpan } from '../tracing/tracing.ts';
import { type CidrList, cidrListContains } from './cidr.ts';
import { pathOf } from './path-of.ts';

const spans = new WeakMap<FastifyRequest, RequestSpan>();

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
  const opened = {
    method: request.method,
    requestId: request.id,
    traceparent: traceparentOf(request.headers),
    isParentTrusted: cidrListContains(parents, request.clientAddress),
  };
  tracing.beginRequest(opened, (span) => {
    spans.set(request, span);
    rest();
  });
}

/** The answer was sent, or its client has gone. */
export function endTrace(request: FastifyRequest, { statusCode: status }: FastifyReply): void {
  const route = request.is404 ? null : (request.routeOptions.url ?? null);
  spans.get(request)?.end({ route, status });
}
