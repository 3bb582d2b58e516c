import type { FastifyInstance } from 'fastify';
import { invalid } from '../errors.ts';

/** Of a parameter that comes twice the last one counts; none here takes a list. */
export function parseQuery(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Queries are percent-encoded UTF-8: the parser would take anything else for literal text (ASVS V1.5.3). */
export function refuseIllFormedQueries(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ url, routeOptions }) => {
    if (routeOptions.schema?.querystring === undefined || isDecodable(url)) return;
    throw invalid({ field: 'query', message: 'is not percent-encoded UTF-8', type: 'invalid_encoding' });
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
