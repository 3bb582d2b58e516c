import type { FastifyInstance } from 'fastify';
import { invalid } from '../errors.ts';

/** The last of repeated parameters counts, because no parameter takes a list. */
export function parseQuery(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Refuses invalid percent-encoded UTF-8, which the parser would take literally (ASVS V1.5.3). */
export function refuseIllFormedQueries(app: FastifyInstance): void {
  app.addHook('preValidation', ({ url, routeOptions }, _reply, next) => {
    if (routeOptions.schema?.querystring === undefined || isDecodable(url)) return next();
    const message = 'is not percent-encoded UTF-8';
    next(invalid({ field: 'query', message, type: 'invalid_encoding' }));
  });
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
