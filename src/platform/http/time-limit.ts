import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HashAbandonedError } from '../hashing/password-hasher.ts';

declare module 'fastify' {
  interface FastifyRequest {
    limitTimer: NodeJS.Timeout | undefined;
  }
  interface FastifyReply {
    answerOverTime: Answer;
  }
}

/** Answered with 503, or with 408 if it was the client that was slow. */
export class TimeLimitError extends Error {
  constructor(milliseconds: number) {
    super(`not answered within ${milliseconds / 1000} s`);
    this.name = 'TimeLimitError';
  }
}

/** Answers at once and past all hooks: they may wait for what the handler has not ended yet. */
type Answer = (error: TimeLimitError, request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Has every request answered that has no answer within that time. Fastify's `handlerTimeout` sees
 * to those without a body only: its timer ends once a body was read.
 */
export function addTimeLimit(app: FastifyInstance, milliseconds: number, answer: Answer): void {
  app.decorateRequest('limitTimer', undefined);
  app.decorateReply('answerOverTime', answer);
  app.addHook('onRequest', (request, reply, next) => {
    restartTimeLimit(request, reply, milliseconds);
    reply.raw.once('close', () => clearTimeout(request.limitTimer));
    next();
  });
  // What is left is a commit, which has deadlines of its own. A stream lasts as long as its reader.
  app.addHook('onSend', (request, _reply, payload, next) => {
    if (!isStream(payload)) clearTimeout(request.limitTimer);
    next();
  });
}

/** Gives a request that much time from now on. */
export function restartTimeLimit(
  request: FastifyRequest,
  reply: FastifyReply,
  milliseconds: number,
): void {
  clearTimeout(request.limitTimer);
  if (reply.raw.destroyed) return;
  request.limitTimer = setTimeout(expire, milliseconds, reply, milliseconds);
}

function expire(reply: FastifyReply, milliseconds: number): void {
  const { raw, request } = reply;
  if (reply.sent || raw.destroyed) return;
  const error = new TimeLimitError(milliseconds);
  if (raw.headersSent) {
    raw.destroy(error);
    return;
  }
  reply.log = lateLog(reply.log);
  reply.answerOverTime(error, request, reply);
}

/** Fastify would warn of an answer that is not sent, and call each error one of ours. */
function lateLog(log: FastifyBaseLogger): FastifyBaseLogger {
  const late = log.child({}, { level: 'silent' });
  late.error = ({ err }: { err: unknown }): void => {
    if (!(err instanceof HashAbandonedError)) log.warn({ err }, 'Failed after its time was over');
  };
  return late;
}

function isStream(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload);
}
