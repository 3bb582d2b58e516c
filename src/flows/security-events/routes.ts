import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { auditEventSchema, listOwnEvents, ownEventsQuery } from '../../domain/audit/audit-list.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageOf } from '../../platform/http/paging.ts';
import { errors, guardErrors } from '../../platform/http/schemas.ts';

export function addSecurityEventRoutes(app: HttpServer, deps: RouteDependencies): void {
  app.get(
    '/api/users/me/security-events',
    {
      ...requireAccount(deps, userRealm),
      schema: {
        tags: [userRealm.tag],
        summary: 'List the security events of my account, newest first',
        querystring: ownEventsQuery,
        response: {
          200: pageOf(auditEventSchema(deps.auditEvents)),
          ...errors([422, ...guardErrors]),
        },
      },
    },
    async (request) => listOwnEvents(deps.db, callerOf(request).account.id, request.query),
  );
}
