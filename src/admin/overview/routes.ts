import { requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { errors, guardErrors } from '../../platform/http/schemas.ts';
import { overviewSchema, readOverview } from './read-overview.ts';

export function addOverviewRoute(app: HttpServer, deps: RouteDependencies): void {
  app.get(
    '/api/admins/overview',
    {
      ...requireAccount(deps, adminRealm),
      schema: {
        tags: ['Overview'],
        summary: 'Counts for a dashboard',
        response: { 200: overviewSchema, ...errors(guardErrors) },
      },
    },
    async () => readOverview(deps),
  );
}
