import type { FastifyInstance } from 'fastify';

/** JSON is always UTF-8 and defines no charset parameter (RFC 8259 § 11). */
export const jsonType = 'application/json';

/** Ends JSON responses: a newline in development, so that a shell prompt starts a new line. */
export type JsonEnd = '' | '\n';

export function jsonEndOf({ environment }: { environment: string }): JsonEnd {
  return environment === 'development' ? '\n' : '';
}

/** Removes the charset that Fastify adds to the type of serialized responses. */
export function finishJsonAnswers(app: FastifyInstance, end: JsonEnd): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    const type = String(reply.getHeader('content-type') ?? '');
    if (!/^application\/json *(;|$)/i.test(type)) {
      done(null, payload);
      return;
    }
    reply.header('content-type', jsonType);
    const isUnended = typeof payload === 'string' && payload !== '' && !payload.endsWith('\n');
    done(null, isUnended ? payload + end : payload);
  });
}
