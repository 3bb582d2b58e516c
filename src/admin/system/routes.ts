import { requireSuperadmin } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { errors, guardErrors } from '../../platform/http/schemas.ts';
import { joinRunning } from '../../platform/join-running.ts';
import { readSystem, systemSchema } from './read-system.ts';

export function addSystemRoute(app: HttpServer, deps: RouteDependencies): void {
  const read = joinRunning(() => readSystem(deps));

  app.get(
    '/api/admins/system',
    {
      ...requireSuperadmin(deps),
      schema: {
        tags: ['Overview'],
        summary: 'Check the service, and read how it is set up',
        response: { 200: systemSchema, ...errors(guardErrors) },
      },
    },
    async () => read(),
  );
}
