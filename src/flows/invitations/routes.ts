import { z } from 'zod';
import { answerTokens, refuseOtherOrigins, sessionModeHeader } from '../../access/cookie-mode.ts';
import { anyone } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { changedFullName, newUsername } from '../../domain/accounts/account-schemas.ts';
import { passwordMember } from '../../domain/credentials/password-member.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { tokensSchema } from '../../domain/sessions/token-schemas.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, text } from '../../platform/http/schemas.ts';
import { acceptInvitation } from './accept-invitation.ts';
import { invitedBy } from './find-invitation.ts';

const token = text(4096).min(1).meta({ example: 'the-token-of-the-link' });
const about = { tags: [userRealm.tag] };

export function addInvitationRoutes(app: HttpServer, deps: RouteDependencies): void {
  app.post(
    '/api/users/invitation/check',
    {
      config: { ...anyone.config, limit: 'reset' },
      schema: {
        ...about,
        summary: 'Whom an invitation is for',
        description: 'The invitation stays open.',
        body: z.object({ token }),
        response: {
          200: z.object({
            email: z.string().max(254).meta({ example: 'ada@example.com' }),
            full_name: z.string().max(200).nullable().meta({ example: 'Ada Lovelace' }),
          }),
          ...errors([400, 503, ...bodyErrors]),
        },
      },
    },
    async (request) => invitedBy(deps, request.body.token),
  );

  app.post(
    '/api/users/invitation/accept',
    {
      config: { ...anyone.config, limit: 'reset' },
      onRequest: refuseOtherOrigins(deps.config),
      schema: {
        ...about,
        summary: 'Accept an invitation',
        description:
          'Sets username and password, verifies the address and signs in. A taken username leaves the invitation open.',
        headers: sessionModeHeader,
        body: z.object({
          token,
          username: newUsername(deps.config, userRealm),
          password: passwordMember(deps.config, userRealm),
          full_name: changedFullName,
        }),
        response: { 200: tokensSchema, ...errors([400, 403, 409, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const { full_name: fullName, ...chosen } = request.body;
      const client = { ip: request.clientAddress, userAgent: request.raw.headers['user-agent'] };
      const accepted = { ...chosen, fullName, client, signal: answerEnded(reply) };
      const tokens = await acceptInvitation(deps, accepted);
      return answerTokens({ request, reply, config: deps.config, realm: userRealm }, tokens);
    },
  );
}
