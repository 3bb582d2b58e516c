import { answerTokens, refuseOtherOrigins, sessionModeHeader } from '../../access/cookie-mode.ts';
import { anyone, callerOf, requireAccountInDefence } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { typedPassword } from '../../domain/credentials/password-policy.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import { tokensSchema } from '../../domain/sessions/token-schemas.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, guardErrors, noContent, text } from '../../platform/http/schemas.ts';
import { completeSignIn } from './complete-sign-in.ts';
import { factorMembers, givenFactor, provenByOne, requireFactor } from './given-proof.ts';
import { reauthenticate } from './reauthenticate.ts';

const challenge = text(100)
  .min(1)
  .describe('`details.challenge` of the first step')
  .meta({ example: 'the-challenge-of-the-last-answer' });

/** The routes that take a second factor as a proof. */
export function addProofRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  const kinds = deps.factorKinds;
  const members = factorMembers(kinds);
  const names = Object.keys(members);

  app.post(
    `${realm.path}/login/second-factor`,
    {
      ...anyone,
      onRequest: refuseOtherOrigins(deps.config),
      schema: {
        tags: [realm.tag],
        summary: 'Complete a sign-in with a second factor',
        description:
          'After a 401 `second_factor_required`, from the same network and with the same `User-Agent`. `code` is of the ' +
          'authenticator app, or a recovery code. Five tries in five minutes; wrong codes count like wrong passwords.',
        headers: sessionModeHeader,
        body: provenByOne({ challenge, ...members }, names, {
          challenge: 'the-challenge-of-the-last-answer',
          code: '492039',
        }),
        response: { 200: tokensSchema, ...errors([401, 403, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const tokens = await completeSignIn(deps, realm, {
        challenge: request.body.challenge,
        factor: requireFactor(kinds, request.body),
        client: { ip: request.clientAddress, userAgent: request.raw.headers['user-agent'] },
      });
      return answerTokens({ request, reply, config: deps.config, realm }, tokens);
    },
  );

  app.post(
    `${realm.path}/me/reauthenticate`,
    {
      ...requireAccountInDefence(deps, realm, { isForSetUp: true }),
      schema: {
        tags: [realm.tag],
        summary: 'Prove again that it is me',
        description:
          'For 15 minutes the session may then do what is answered with a 403 `reauthentication_required`. What counts is ' +
          'in its `details.methods`.',
        body: provenByOne(
          { password: typedPassword.nullish(), ...members },
          ['password', ...names],
          { password: 'correct horse battery staple' },
        ),
        response: { 204: noContent, ...errors([400, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const factor = givenFactor(kinds, request.body);
      const { password = null } = request.body;
      const proof = { factor, password, ip: request.clientAddress, signal: answerEnded(reply) };
      await reauthenticate(deps, realm, callerOf(request), proof);
      return reply.code(204).send(null);
    },
  );
}
