import { callerOf, requireAccount, requireSuperadmin } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { resetFactors } from '../../flows/second-factors/reset-factors.ts';
import { notFound } from '../../platform/errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { errors, guardErrors, idParams, noContent } from '../../platform/http/schemas.ts';
import { noSuchUser } from '../users/no-such-user.ts';

const proof = { wantsProof: true } as const;

export function addFactorResetRoutes(app: HttpServer, deps: RouteDependencies): void {
  app.post(
    '/api/admins/users/:id/reset-factors',
    {
      ...requireAccount(deps, adminRealm, proof),
      schema: {
        tags: ['User administration'],
        summary: 'Remove all second factors of a user',
        description: 'For a user who has lost them. All sessions of the user end.',
        params: idParams,
        response: { 204: noContent, ...errors([404, 409, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const actor = partyOf(adminRealm, callerOf(request).account.id);
      if (!(await resetFactors(deps, userRealm, id, actor))) throw await noSuchUser(deps, id);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/admins/:id/reset-factors',
    {
      ...requireSuperadmin(deps, proof),
      schema: {
        tags: ['Admin administration'],
        summary: 'Remove all second factors of an admin',
        description: 'For an admin who has lost them. All sessions of the admin end.',
        params: idParams,
        response: { 204: noContent, ...errors([404, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const actor = partyOf(adminRealm, callerOf(request).account.id);
      if (!(await resetFactors(deps, adminRealm, id, actor))) throw notFound('Admin not found');
      return reply.code(204).send(null);
    },
  );
}
