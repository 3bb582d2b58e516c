import type { Dependencies } from '../../domain/dependencies.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageOf } from '../../platform/http/paging.ts';
import { errors, guardErrors } from '../../platform/http/schemas.ts';
import { adminRealm, userRealm } from '../../domain/realms/realms.ts';
import { callerOf, requireAccount } from '../../access/guards.ts';
import { auditEventSchema, auditQuery, listEvents, listOwnEvents, ownEventsQuery } from '../../domain/audit/audit-list.ts';

export function addAuditRoutes(app: HttpServer, deps: Dependencies): void {
  const answers = { 200: pageOf(auditEventSchema), ...errors([422, ...guardErrors]) };

  app.get(
    '/api/admins/audit-events',
    {
      ...requireAccount(deps, adminRealm),
      schema: {
        tags: ['Audit'],
        summary: 'List the security events, newest first',
        querystring: auditQuery,
        response: answers,
      },
    },
    async (request) => listEvents(deps.db, request.query, request.query),
  );

  app.get(
    '/api/users/me/security-events',
    {
      ...requireAccount(deps, userRealm),
      schema: {
        tags: [userRealm.tag],
        summary: 'List what happened to my account, newest first',
        querystring: ownEventsQuery,
        response: answers,
      },
    },
    async (request) => listOwnEvents(deps.db, callerOf(request).account.id, request.query),
  );
}
