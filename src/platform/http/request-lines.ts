import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { reasonOf } from '../logging/serialize-error.ts';
import { pathOf } from './path-of.ts';

/** The log lines of requests. */
export type RequestLines = {
  begun(request: FastifyRequest): void;
  failed(request: FastifyRequest, known: AppError, error: unknown): void;
  completed(request: FastifyRequest, reply: FastifyReply): void;
};

const probes = /^\/(health(\/live|\/ready)?|metrics)\/*$/;

/** In production one line per request and none per probe; `LOG_LEVEL=debug` adds the others. */
export function createRequestLines(
  logger: Logger,
  { environment }: { environment: string },
): RequestLines {
  const isBrief = environment === 'production';
  const minor = isBrief ? 'debug' : 'info';
  // Requests that will have a line of their own at the end.
  const open = new WeakSet<FastifyRequest>();
  const outages = new WeakMap<FastifyRequest, string>();

  return {
    begun: (request) => {
      open.add(request);
      logger[minor](`Incoming request: ${request.method} ${pathOf(request.url)}`);
    },
    failed: (request, known, error) => {
      const line = `${known.status} ${STATUS_CODES[known.status]}: ${pathOf(request.url)}`;
      // The log line already contains all of an `AppError`, except its cause.
      const err = known === error ? known.cause : error;
      const { id: request_id } = request;
      if (known.status === 503) {
        const reason = err === undefined ? known.message : reasonOf(err);
        if (isBrief && open.has(request)) outages.set(request, reason);
        else logger.error({ request_id, reason }, `${line} - ${reason}`);
      } else if (known.status >= 500) logger.error({ request_id, err }, line);
      else logger[open.has(request) ? minor : 'info']({ request_id }, line);
    },
    completed: (request, reply) => {
      const path = pathOf(request.url);
      const reason = outages.get(request);
      const level = reason === undefined ? 'info' : 'warn';
      logger[isBrief && probes.test(path) ? 'debug' : level](
        {
          request_id: request.id,
          method: request.method,
          path,
          status: reply.statusCode,
          duration_ms: Math.round(reply.elapsedTime * 10) / 10,
          client: request.clientAddress,
          ...(reason === undefined ? {} : { reason }),
        },
        `Request completed: ${request.method} ${path} - Status: ${reply.statusCode}`,
      );
    },
  };
}
