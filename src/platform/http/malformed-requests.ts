import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { AppError, badRequest } from '../errors.ts';

/** Refuses what Node's parser accepts but RFC 9112 forbids, and answers with headers and body. */
export function refuseMalformedRequests(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) =>
    app.server.emit('request', request, response),
  );
  app.addHook('onRequest', ({ raw }, reply, next) => {
    if (!isWellFormed(raw)) {
      reply.header('connection', 'close');
      next(badRequest('The request is not valid HTTP'));
    } else if (!/^100-continue$/i.test(raw.headers.expect ?? '100-continue')) {
      next(new AppError('ExpectationFailedError', 'The expectation cannot be met'));
    } else next();
  });
}

/** One Host (RFC 9112 § 3.2), `*` only for OPTIONS (§ 3.2.4), and HTTP/1.0 or 1.1. */
function isWellFormed({ httpVersion, method, rawHeaders, url }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'host',
  ).length;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return false;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return false;
  return url !== '*' || method === 'OPTIONS';
}
