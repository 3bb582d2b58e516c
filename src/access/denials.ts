import { recordRefusal } from '../domain/audit/record-event.ts';
import type { Dependencies } from '../domain/dependencies.ts';
import { partyOf } from '../domain/realms/realms.ts';
import type { HttpServer } from '../platform/http/http-server.ts';
import type { Part } from './part.ts';

declare module '../domain/audit/security-events.ts' {
  interface SecurityEvents {
    access_denied: true;
  }
}

/** Records every 403: failed attempts at authorization (ASVS V16.3.2). */
function recordDenials(app: HttpServer, deps: Pick<Dependencies, 'db' | 'keys' | 'logger'>): void {
  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode !== 403) return;
    const { method, routeOptions, accessTokenClaims: claims } = request;
    const subject = claims && partyOf(claims, claims.subjectId);
    const details = { route: `${method} ${routeOptions.url ?? ''}` };
    await recordRefusal(deps, { event: 'access_denied', outcome: 'denied', subject, details });
  });
}

export const denials: Part = {
  routes: recordDenials,
  auditEvents: { access_denied: 'The caller was not allowed to make the request (403)' },
};
