import { z } from 'zod';
import { askForPuzzle, puzzleHeader } from '../../access/abuse-challenges.ts';
import { anyone } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { adminSchema, userSchema } from '../../domain/accounts/account-schemas.ts';
import { presentAccount } from '../../domain/accounts/present-account.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors } from '../../platform/http/schemas.ts';
import { registerAdmin } from './register-admin.ts';
import { registerUser } from './register-user.ts';
import { adminBody, userBody } from './registration-body.ts';

const setupHeader = z.object({
  'x-setup-token': z
    .string()
    // Together with the other headers it still fits into the header limit of the server.
    .max(8192)
    .optional()
    .describe('For the first admin: the ADMIN_SETUP_TOKEN of the service'),
});

export function addRegistrationRoutes(app: HttpServer, deps: RouteDependencies): void {
  app.post(
    '/api/users/register',
    {
      config: { ...anyone.config, limit: 'register' },
      preHandler: askForPuzzle(deps, 'register'),
      schema: {
        tags: ['Users'],
        summary: 'Register a user',
        description:
          'With `PASSWORD_SIGN_IN=false` without a password: a mailed link signs in for the first time. `REGISTRATION` and ' +
          '`REGISTRATION_EMAIL_DOMAINS` say who may.',
        headers: puzzleHeader,
        body: userBody(deps.config),
        response: { 201: userSchema, ...errors([403, 409, 428, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const { metadata } = request.body;
      const registration = {
        ...toRegistration(request.body, request.clientAddress, answerEnded(reply)),
        metadata,
      };
      return reply.code(201).send(presentAccount(await registerUser(deps, registration)));
    },
  );

  app.post(
    '/api/admins/register',
    {
      config: { ...anyone.config, limit: 'register', accepts: 'superadmin' },
      schema: {
        tags: ['Admins'],
        summary: 'Register an admin',
        description:
          "Requires a superadmin's access token. While there is no admin, the first one, a superadmin, registers without it: " +
          'from the same machine in development, elsewhere with the header `X-Setup-Token`.',
        headers: setupHeader,
        body: adminBody(deps.config),
        response: { 201: adminSchema, ...errors([401, 403, 409, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const registration = {
        ...toRegistration(request.body, request.clientAddress, answerEnded(reply)),
        isSuperadmin: request.body.is_superadmin ?? false,
      };
      return reply.code(201).send(presentAccount(await registerAdmin(deps, request, registration)));
    },
  );
}

type Body = z.output<ReturnType<typeof userBody | typeof adminBody>>;

function toRegistration(body: Body, ip: string, signal: AbortSignal) {
  const { email, username, password, full_name: fullName } = body;
  return { email, username, password, fullName, ip, signal };
}
