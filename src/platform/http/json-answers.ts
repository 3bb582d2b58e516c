import type { FastifyInstance } from 'fastify';

/** JSON is UTF-8: its type takes no charset (RFC 8259 § 11). */
export const jsonType = 'application/json';

/** What ends a JSON text: in development a newline, so that a shell shows its prompt on a line of its own. */
export type JsonEnd = '' | '\n';

export function jsonEndOf({ environment }: { environment: string }): JsonEnd {
  return environment === 'development' ? '\n' : '';
}

/** Fastify writes a charset behind the type of whatever it serializes; here it is taken off again. */
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
