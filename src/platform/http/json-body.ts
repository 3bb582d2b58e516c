import type { FastifyInstance } from 'fastify';
import { invalid } from '../../errors.ts';

/** Bodies are JSON in UTF-8 and nothing else: any other type is 415, malformed JSON or text is 422. */
export function acceptJsonBodiesOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer));
    } catch {
      done(invalid({ field: 'body', message: 'is not valid JSON', type: 'invalid_json' }), undefined);
    }
  });
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  // JSON.parse makes `__proto__` an ordinary own key, which no schema names and which is so left behind.
  return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
}
