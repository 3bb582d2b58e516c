import { z } from 'zod';
import { answerAccount } from '../../access/answer-account.ts';
import { callerOf, requireSuperadmin } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { givenFields } from '../../domain/accounts/account-change.ts';
import { adminListQuery } from '../../domain/accounts/account-filters.ts';
import { adminSchema } from '../../domain/accounts/account-schemas.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageOf } from '../../platform/http/paging.ts';
import { ifMatchHeader } from '../../platform/http/preconditions.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  idParams,
  unchangedIfNull,
} from '../../platform/http/schemas.ts';
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
        headers: ifMatchHeader,
        body: adminChange,
        response: { 200: adminSchema, ...errors([404, 409, 412, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const asked = { change: givenFields(request.body), ifMatch: request.headers['if-match'] };
      const { id } = callerOf(request).account;
      return answerAccount(reply, await updateAdmin(deps, id, request.params.id, asked));
    },
  );
}
