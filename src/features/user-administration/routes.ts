import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import { forbidden, notFound } from '../../errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  idParams,
  noContent,
  timestamp,
} from '../../platform/http/schemas.ts';
import { givenFields } from '../accounts/account-change.ts';
import { listAccounts, listQuery, pageOf } from '../accounts/account-list.ts';
import { email, fullName, username, userSchema } from '../accounts/account-schemas.ts';
import { findAccount } from '../accounts/account-store.ts';
import { presentAccount } from '../accounts/present-account.ts';
import { adminRealm, userRealm } from '../accounts/realms.ts';
import { callerOf, requireAccount } from '../sessions/authenticate.ts';
import { endAllSessions } from '../sessions/end-session.ts';
import { presentSession, sessionSchema } from '../sessions/present-session.ts';
import { listLiveSessions } from '../sessions/session-store.ts';
import { updateUser } from './update-user.ts';

const userDetailSchema = userSchema
  .extend({
    last_login_at: timestamp.nullable(),
    deleted_at: timestamp.nullable(),
    sessions: z.array(sessionSchema).max(100),
  })
  .meta({ id: 'UserDetail' });

const userChange = z
  .object({
    is_active: z.boolean().optional(),
    is_superuser: z.boolean().optional().describe('Superadmins only'),
    full_name: fullName.optional(),
    username: username.optional(),
    email: email.optional(),
  })
  .meta({ example: { full_name: 'Ada King, Countess of Lovelace' } });

export function addUserAdministrationRoutes(app: HttpServer, deps: Dependencies): void {
  const guarded = requireAccount(deps, adminRealm);
  const about = { tags: ['User administration'], security: [{ bearer: [] }] };
  const notThere = () => notFound('There is no such user');

  app.get(
    '/api/admins/users',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'List the users, newest first',
        querystring: listQuery,
        response: { 200: pageOf(userSchema), ...errors([422, ...guardErrors]) },
      },
    },
    async (request) => listAccounts(deps.db, userRealm, request.query),
  );

  app.get(
    '/api/admins/users/:id',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Read one user with the live sessions',
        params: idParams,
        response: { 200: userDetailSchema, ...errors([404, 422, ...guardErrors]) },
      },
    },
    async (request) => {
      const user = await findAccount(deps.db, userRealm, request.params.id);
      if (user === null) throw notThere();
      const sessions = await listLiveSessions(deps.db, userRealm, user.id);
      return {
        ...presentAccount(user),
        last_login_at: user.last_login_at?.toISOString() ?? null,
        deleted_at: null,
        sessions: sessions.map((session) => presentSession(session)),
      };
    },
  );

  app.patch(
    '/api/admins/users/:id',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Change, deactivate or reactivate a user',
        description: 'Deactivating a user, or changing the e-mail address, ends all sessions of the user.',
        params: idParams,
        body: userChange,
        response: { 200: userSchema, ...errors([404, 409, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request) => {
      const change = givenFields(request.body);
      if (change.is_superuser !== undefined && !callerOf(request).account.is_superadmin) {
        throw forbidden('Only a superadmin may change is_superuser');
      }
      const user = await updateUser(deps, request.params.id, change);
      if (user === null) throw notThere();
      return presentAccount(user);
    },
  );

  app.post(
    '/api/admins/users/:id/revoke-sessions',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'End all sessions of a user',
        params: idParams,
        response: { 204: noContent, ...errors([404, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const ended = await endAllSessions(deps, userRealm, request.params.id, 'admin_revoked');
      if (!ended) throw notThere();
      return reply.code(204).send(null);
    },
  );
}
