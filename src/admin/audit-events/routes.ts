import { requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { auditEventSchema, auditQuery, listEvents } from '../../domain/audit/audit-list.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageOf } from '../../platform/http/paging.ts';
import { errors, guardErrors } from '../../platform/http/schemas.ts';
import { joinRunning } from '../../platform/join-running.ts';
import { auditChainSchema, readChain } from './read-chain.ts';

export function addAuditRoutes(app: HttpServer, deps: RouteDependencies): void {
  const answers = {
    200: pageOf(auditEventSchema(deps.auditEvents)),
    ...errors([422, ...guardErrors]),
  };

  app.get(
    '/api/admins/audit-events',
    {
      ...requireAccount(deps, adminRealm),
      schema: {
        tags: ['Audit'],
        summary: 'List security events, newest first',
        querystring: auditQuery(deps.auditEvents),
        response: answers,
      },
    },
    async (request) => listEvents(deps.db, request.query, request.query),
  );

  const chain = joinRunning(() => readChain(deps));

  app.get(
    '/api/admins/audit-chain',
    {
      ...requireAccount(deps, adminRealm),
      schema: {
        tags: ['Audit'],
        summary: 'Read where the chain of security events ends, and whether it is sound',
        response: { 200: auditChainSchema, ...errors(guardErrors) },
      },
    },
    async () => chain(),
  );
}
