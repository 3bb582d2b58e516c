import { z } from 'zod';
import { callerOf, requireSuperadmin } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { givenFields } from '../../domain/accounts/account-change.ts';
import { adminListQuery } from '../../domain/accounts/account-filters.ts';
import { adminSchema } from '../../domain/accounts/account-schemas.ts';
import { presentAccount } from '../../domain/accounts/present-account.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageOf } from '../../platform/http/paging.ts';
import { bodyErrors, errors, guardErrors, idParams, unchangedIfNull } from '../../platform/http/schemas.ts';
import { answerList } from '../answer-list.ts';
import { updateAdmin } from './update-admin.ts';

const adminChange = z
  .object({ is_active: unchangedIfNull(z.boolean()), is_superadmin: unchangedIfNull(z.boolean()) })
  .meta({ example: { is_active: true } });

export function addAdminAdministrationRoutes(app: HttpServer, deps: RouteDependencies): void {
  const guarded = requireSuperadmin(deps);
  const about = { tags: ['Admin administration'] };

  app.get(
    '/api/admins',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'List admins, newest first',
        querystring: adminListQuery,
        response: { 200: pageOf(adminSchema), ...errors([422, ...guardErrors]) },
      },
    },
    async (request, reply) => answerList(deps, adminRealm, request, reply),
  );

  app.patch(
    '/api/admins/:id',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Promote, demote, deactivate or reactivate an admin',
        description:
          'The last active superadmin cannot be demoted or deactivated: 409 with `details.reason` `last_superadmin`.',
        params: idParams,
        body: adminChange,
        response: { 200: adminSchema, ...errors([404, 409, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request) => {
      const change = givenFields(request.body);
      return presentAccount(await updateAdmin(deps, callerOf(request).account.id, request.params.id, change));
    },
  );
}
