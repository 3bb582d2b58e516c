import type { FastifyInstance } from 'fastify';
import { invalid } from '../errors.ts';

/** For routes whose standard asks for it. A repeated parameter is refused (RFC 6749 § 3.2). */
export function acceptForms(app: FastifyInstance): void {
  const options = { parseAs: 'string' } as const;
  app.addContentTypeParser('application/x-www-form-urlencoded', options, (_request, body, done) => {
    const parameters = [...new URLSearchParams(String(body))];
    const form = Object.fromEntries(parameters);
    if (Object.keys(form).length === parameters.length) done(null, form);
    else {
      const message = 'has a parameter twice';
      done(invalid({ field: 'body', message, type: 'invalid_form' }), undefined);
    }
  });
}
