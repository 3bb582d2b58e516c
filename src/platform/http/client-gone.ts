import type { FastifyReply } from 'fastify';

/**
 * Aborts once nobody waits for the answer: the client has disconnected, or the time limit has
 * answered. It also aborts after any other answer, but not when the body was read.
 */
export function clientGone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (raw.destroyed) abort();
  else raw.once('close', abort);
  return controller.signal;
}
