import { z } from 'zod';
import { answerAccount } from '../../access/answer-account.ts';
import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { email, fullName, userSchema } from '../../domain/accounts/account-schemas.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  idParams,
  noContent,
} from '../../platform/http/schemas.ts';
import { noSuchUser } from '../users/no-such-user.ts';
import { invitedRoles, inviteUser } from './invite-user.ts';
import { resendInvitation } from './resend-invitation.ts';

const about = { tags: ['User administration'] };

const roles = z
  .array(z.enum(invitedRoles))
  .max(invitedRoles.length)
  .nullish()
  .transform((given) => given ?? [])
  .describe('`superuser`: superadmins only')
  .meta({ example: [] });

export function addInvitationAdministration(app: HttpServer, deps: RouteDependencies): void {
  const guarded = requireAccount(deps, adminRealm);

  app.post(
    '/api/admins/users/invite',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Invite a user',
        description:
          'Mails a link, valid for seven days, with which the user chooses username and password; until then `is_invited` is ' +
          'true. Deleting the user ends the invitation, and frees the address within a minute. Not with `REGISTRATION=closed`.',
        body: z.object({ email, full_name: fullName, roles }),
        response: { 201: userSchema, ...errors([409, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const { full_name: name, ...invitation } = request.body;
      const { clientAddress: ip } = request;
      const asked = { ...invitation, fullName: name, ip, signal: answerEnded(reply) };
      const user = await inviteUser(deps, callerOf(request), asked);
      return reply.code(201).send(answerAccount(reply, user));
    },
  );

  app.post(
    '/api/admins/users/:id/resend-invitation',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Mail an invitation again',
        description: 'The new link is valid for seven days.',
        params: idParams,
        response: { 204: noContent, ...errors([404, 409, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await resendInvitation(deps, callerOf(request).account.id, id)))
        throw await noSuchUser(deps, id);
      return reply.code(204).send(null);
    },
  );
}
