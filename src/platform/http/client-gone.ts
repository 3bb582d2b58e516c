import type { FastifyReply } from 'fastify';

/**
 * Aborted where the connection closes before the answer is out. The response tells it and not the request, which
 * closes when its body has been read; nor Fastify's own signal, which listens to the request.
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
