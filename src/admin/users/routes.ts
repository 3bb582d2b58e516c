import { z } from 'zod';
import { answerAccount } from '../../access/answer-account.ts';
import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import type { Config } from '../../configuration/config.ts';
import { givenFields } from '../../domain/accounts/account-change.ts';
import { userListQuery } from '../../domain/accounts/account-filters.ts';
import {
  changedFullName,
  changedUsername,
  email,
  listedUserSchema,
  userSchema,
} from '../../domain/accounts/account-schemas.ts';
import { changedAppMetadata, changedMetadata } from '../../domain/accounts/metadata.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAllSessions } from '../../domain/revocation/end-all-sessions.ts';
import { userOfAdminBody } from '../../flows/registration/registration-body.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
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
import { createUser } from './create-user.ts';
import { deleteUser } from './delete-user.ts';
import { noSuchUser } from './no-such-user.ts';
import { readUser, userDetailSchema } from './read-user.ts';
import { restoreUser } from './restore-user.ts';
import { sendPasswordReset } from './send-password-reset.ts';
import { updateUser } from './update-user.ts';

function userChange(config: Config) {
  return z
    .object({
      is_active: unchangedIfNull(z.boolean()),
      is_superuser: unchangedIfNull(z.boolean()).describe(
        'Superadmins only; null leaves it unchanged',
      ),
      full_name: changedFullName,
      username: changedUsername(config, userRealm),
      email: unchangedIfNull(email),
      metadata: changedMetadata,
      app_metadata: changedAppMetadata(config),
    })
    .meta({ example: { full_name: 'Ada King, Countess of Lovelace' } });
}

const about = { tags: ['User administration'] };

export function addUserAdministrationRoutes(app: HttpServer, deps: RouteDependencies): void {
  addReadingRoutes(app, deps);
  addCreation(app, deps);
  addChangingRoutes(app, deps);
  addDeletionRoutes(app, deps);
  addAccessRoutes(app, deps);
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
        response: { 200: pageOf(listedUserSchema), ...errors([422, ...guardErrors]) },
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
      if (found === null) throw await noSuchUser(deps, request.params.id);
      reply.header('etag', found.tag);
      return found.detail;
    },
  );
}

function addCreation(app: HttpServer, deps: RouteDependencies): void {
  app.post(
    '/api/admins/users',
    {
      ...requireAccount(deps, adminRealm),
      schema: {
        ...about,
        summary: 'Create a user',
        description:
          'Without a password the user has none and is mailed a link to set it, valid for three days; afterwards “forgot ' +
          'password” sends a new one. With a password a verification link is mailed, as at registration. The address is ' +
          'unverified until one of them is used.',
        body: userOfAdminBody(deps.config),
        response: { 201: userSchema, ...errors([409, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const { full_name: fullName, app_metadata: appMetadata, ...fields } = request.body;
      const { clientAddress: ip } = request;
      const registration = { ...fields, fullName, appMetadata, ip, signal: answerEnded(reply) };
      const user = await createUser(deps, callerOf(request), registration);
      return reply.code(201).send(answerAccount(reply, user));
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
        body: userChange(deps.config),
        response: { 200: userSchema, ...errors([404, 409, 412, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const change = givenFields(request.body);
      const asked = { change, ifMatch: request.headers['if-match'] };
      const user = await updateUser(deps, callerOf(request), request.params.id, asked);
      if (user === null) throw await noSuchUser(deps, request.params.id);
      return answerAccount(reply, user);
    },
  );
}

function addDeletionRoutes(app: HttpServer, deps: RouteDependencies): void {
  const guarded = requireAccount(deps, adminRealm);

  app.delete(
    '/api/admins/users/:id',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Delete a user',
        description:
          'Only an admin can restore the user, until everything about it is erased for ever; then 404. Deleting a ' +
          'deleted user is 204, too, and voids the link by which the owner could have restored it. A superuser can ' +
          'be deleted and restored by superadmins only.',
        params: idParams,
        headers: ifMatchHeader,
        response: { 204: noContent, ...errors([404, 412, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { 'if-match': ifMatch } = request.headers;
      if (!(await deleteUser(deps, callerOf(request), id, ifMatch)))
        throw await noSuchUser(deps, id);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/admins/users/:id/restore',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Restore a deleted user',
        description:
          'Sessions stay ended, a deactivated user stays deactivated. One who is not deleted is unchanged.',
        params: idParams,
        response: { 200: userSchema, ...errors([404, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const user = await restoreUser(deps, callerOf(request), request.params.id);
      if (user === null) throw await noSuchUser(deps, request.params.id);
      return answerAccount(reply, user);
    },
  );
}

function addAccessRoutes(app: HttpServer, deps: RouteDependencies): void {
  const guarded = requireAccount(deps, adminRealm);

  app.post(
    '/api/admins/users/:id/revoke-sessions',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'End all sessions of a user',
        params: idParams,
        response: { 204: noContent, ...errors([404, 409, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const actor = partyOf(adminRealm, callerOf(request).account.id);
      const ended = await endAllSessions(deps, userRealm, request.params.id, {
        change: 'admin_revoked',
        event: 'user_sessions_revoked',
        actor,
      });
      if (!ended) throw await noSuchUser(deps, request.params.id);
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
      const { id } = request.params;
      if (!(await sendPasswordReset(deps, callerOf(request).account.id, id)))
        throw await noSuchUser(deps, id);
      return reply.code(204).send(null);
    },
  );
}
