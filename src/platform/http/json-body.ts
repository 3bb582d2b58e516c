import type { FastifyInstance } from 'fastify';
import { AppError, invalid } from '../errors.ts';

/** Accepts only JSON in UTF-8: any other type is 415, malformed JSON or UTF-8 is 422. */
export function acceptJsonBodiesOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (!/^identity$/i.test(request.headers['content-encoding'] ?? 'identity')) {
      done(compressedBody(), undefined);
      return;
    }
    try {
      done(null, parseJson(body as Buffer));
    } catch {
      done(
        invalid({ field: 'body', message: 'is not valid JSON', type: 'invalid_json' }),
        undefined,
      );
    }
  });
}

/** Compressed bodies are refused to prevent decompression bombs (RFC 9110 § 15.5.16). */
function compressedBody(): AppError {
  return new AppError(
    'UnsupportedMediaTypeError',
    'Send the request body without a content encoding',
    {
      headers: { 'accept-encoding': 'identity' },
    },
  );
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  // JSON.parse makes `__proto__` an ordinary own key, which no schema accepts.
  return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
}
