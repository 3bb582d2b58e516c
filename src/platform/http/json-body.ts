import type { FastifyInstance } from 'fastify';
import { AppError, invalid } from '../errors.ts';

/** Bodies are JSON in UTF-8 and nothing else: any other type is 415, malformed JSON or text is 422. */
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
      done(invalid({ field: 'body', message: 'is not valid JSON', type: 'invalid_json' }), undefined);
    }
  });
}

/** A small body can unpack to a huge one, so that none is unpacked (RFC 9110 § 15.5.16). */
function compressedBody(): AppError {
  return new AppError('UnsupportedMediaTypeError', 'Send the request body without a content encoding', {
    headers: { 'accept-encoding': 'identity' },
  });
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  // JSON.parse makes `__proto__` an ordinary own key, which no schema names and which is so left behind.
  return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
}
