import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    timeLimit: NodeJS.Timeout | undefined;
  }
}

/** Answered with 503, or with 408 if the client has not sent all of its request. */
export class TimeLimitError extends Error {
  constructor(milliseconds: number) {
    super(`not answered within ${milliseconds / 1000} s`);
    this.name = 'TimeLimitError';
  }
}

/**
 * Answers every request within that time, before its connection is closed for being idle. Fastify's
 * `handlerTimeout` does so only for requests without a body: its timer ends once a body was read.
 */
export function limitTime(app: FastifyInstance, milliseconds: number): void {
  app.decorateRequest('timeLimit', undefined);
  app.addHook('onRequest', (request, reply, next) => {
    setTimeLimit(request, reply, milliseconds);
    reply.raw.once('close', () => clearTimeout(request.timeLimit));
    next();
  });
  // What is left is a commit, which has deadlines of its own. A stream lasts as long as its reader.
  app.addHook('onSend', (request, _reply, payload, next) => {
    if (!(payload instanceof Readable)) clearTimeout(request.timeLimit);
    next();
  });
}

/** Replaces the time limit of this request by one that starts now. */
export function setTimeLimit(
  request: FastifyRequest,
  reply: FastifyReply,
  milliseconds: number,
): void {
  clearTimeout(request.timeLimit);
  request.timeLimit = setTimeout(expire, milliseconds, reply, milliseconds);
}

/** The handler goes on; `clientGone` tells it that nobody waits for its answer any more. */
function expire(reply: FastifyReply, milliseconds: number): void {
  if (reply.sent) return;
  const error = new TimeLimitError(milliseconds);
  if (reply.raw.headersSent) {
    reply.raw.destroy(error);
    return;
  }
  // Fastify would log what the handler still returns or throws.
  reply.log = reply.log.child({}, { level: 'silent' });
  reply.send(error);
}
