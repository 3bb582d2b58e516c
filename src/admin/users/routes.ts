import { z } from 'zod';
import { answerAccount } from '../../access/answer-account.ts';
import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { givenFields } from '../../domain/accounts/account-change.ts';
import { userListQuery } from '../../domain/accounts/account-list.ts';
import { changedFullName, email, username, userSchema } from '../../domain/accounts/account-schemas.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAllSessions } from '../../domain/revocation/end-all-sessions.ts';
import { type AppError, notFound } from '../../platform/errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageOf } from '../../platform/http/paging.ts';
import { ifMatchHeader } from '../../platform/http/preconditions.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  idParams,
  noContent,
  unchangedIfNull,
} from '../../platform/http/schemas.ts';
import { answerList } from '../answer-list.ts';
import { readUser, userDetailSchema } from './read-user.ts';
import { sendPasswordReset } from './send-password-reset.ts';
import { updateUser } from './update-user.ts';

const userChange = z
  .object({
    is_active: unchangedIfNull(z.boolean()),
    is_superuser: unchangedIfNull(z.boolean()).describe('Superadmins only; null leaves it unchanged'),
    full_name: changedFullName,
    username: unchangedIfNull(username),
    email: unchangedIfNull(email),
  })
  .meta({ example: { full_name: 'Ada King, Countess of Lovelace' } });

const about = { tags: ['User administration'] };

export function addUserAdministrationRoutes(app: HttpServer, deps: RouteDependencies): void {
  addReadingRoutes(app, deps);
  addChangingRoutes(app, deps);
}

function addReadingRoutes(app: HttpServer, deps: RouteDependencies): void {
  const guarded = requireAccount(deps, adminRealm);

  app.get(
    '/api/admins/users',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'List users, newest first',
        querystring: userListQuery,
        response: { 200: pageOf(userSchema), ...errors([422, ...guardErrors]) },
      },
    },
    async (request, reply) => answerList(deps, userRealm, request, reply),
  );

  app.get(
    '/api/admins/users/:id',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Get a user with their active sessions',
        params: idParams,
        response: { 200: userDetailSchema, ...errors([404, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const found = await readUser(deps, request.params.id);
      if (found === null) throw noSuchUser();
      reply.header('etag', found.tag);
      return found.detail;
    },
  );
}

function addChangingRoutes(app: HttpServer, deps: RouteDependencies): void {
  const guarded = requireAccount(deps, adminRealm);

  app.patch(
    '/api/admins/users/:id',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Change, deactivate or reactivate a user',
        description:
          'Deactivating a user or changing their e-mail address ends all their sessions. Only a superadmin may change ' +
          '`is_superuser` and the username and e-mail address of a superuser. Granting `is_superuser` ends every link that ' +
          'undoes an e-mail change.',
        params: idParams,
        headers: ifMatchHeader,
        body: userChange,
        response: { 200: userSchema, ...errors([404, 409, 412, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const change = givenFields(request.body);
      const asked = { change, ifMatch: request.headers['if-match'] };
      const user = await updateUser(deps, callerOf(request), request.params.id, asked);
      if (user === null) throw noSuchUser();
      return answerAccount(reply, user);
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
      const actor = partyOf(adminRealm, callerOf(request).account.id);
      const ended = await endAllSessions(deps, userRealm, request.params.id, {
        change: 'admin_revoked',
        event: 'user_sessions_revoked',
        actor,
      });
      if (!ended) throw noSuchUser();
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/admins/users/:id/send-password-reset',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Mail a user a password reset link',
        params: idParams,
        response: { 204: noContent, ...errors([404, 409, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      if (!(await sendPasswordReset(deps, callerOf(request).account.id, request.params.id)))
        throw noSuchUser();
      return reply.code(204).send(null);
    },
  );
}

function noSuchUser(): AppError {
  return notFound('User not found');
}
