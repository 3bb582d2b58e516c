import type { FastifyReply } from 'fastify';

/**
 * Aborts when the connection closes before the response is sent. It listens to the response,
 * because the request closes once its body is read; Fastify's own signal listens to the request.
 */
export function clientGone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    if (!raw.writableFinished) controller.abort();
  };
  if (raw.destroyed) abort();
  else raw.once('close', abort);
  return controller.signal;
}
