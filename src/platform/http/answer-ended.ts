import type { FastifyReply } from 'fastify';

/**
 * Aborts once nobody waits for the answer: it was sent, by the time limit too, or the client has
 * disconnected. Not when the body was read.
 */
export function answerEnded({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (raw.destroyed) abort();
  else raw.once('close', abort);
  return controller.signal;
}
