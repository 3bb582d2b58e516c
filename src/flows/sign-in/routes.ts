import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { askForPuzzle, puzzleHeader } from '../../access/abuse-challenges.ts';
import { answerTokens, refuseOtherOrigins, sessionModeHeader } from '../../access/cookie-mode.ts';
import { anyone } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { identifier } from '../../domain/accounts/account-schemas.ts';
import { typedPassword } from '../../domain/credentials/password-policy.ts';
import { requirePasswords } from '../../domain/credentials/password-sign-in.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import { tokensSchema } from '../../domain/sessions/token-schemas.ts';
import { foldCase } from '../../platform/fold-case.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors } from '../../platform/http/schemas.ts';
import { signIn } from './sign-in.ts';

const names = z.object({ username: identifier.nullish(), email: identifier.nullish() });

const loginBody = z
  .object({
    username: identifier.nullish().describe('The username or the e-mail address'),
    email: identifier.nullish().describe('Instead of username'),
    password: typedPassword,
  })
  .refine((body) => (body.username ?? body.email ?? null) !== null, {
    path: ['username'],
    message: 'is required unless email is given',
    params: { type: 'missing' },
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine(({ username, email }) => isSameName(username ?? email, email ?? username), {
    path: ['email'],
    message: 'contradicts username: send only one of them',
    params: { type: 'contradiction' },
    when: ({ value }) => names.safeParse(value).success,
  })
  .meta({
    // At least one of the two must be given. `not` instead of `anyOf`, from which client generators
    // make odd types; they ignore `not`.
    not: { properties: { username: { type: 'null' }, email: { type: 'null' } } },
    example: { username: 'ada.lovelace', password: 'correct horse battery staple' },
  });

function isSameName(one: string | null | undefined, other: string | null | undefined): boolean {
  return foldCase(one ?? '') === foldCase(other ?? '');
}

type LoginBody = z.output<typeof loginBody>;

function nameIn({ username, email }: LoginBody): string {
  return username ?? email ?? '';
}

export function addSignInRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  const guessedName = ({ body }: FastifyRequest) => `${realm.kind}\0${nameIn(body as LoginBody)}`;
  app.post(
    `${realm.path}/login`,
    {
      ...anyone,
      onRequest: refuseOtherOrigins(deps.config),
      preHandler: askForPuzzle(deps, 'sign-in', guessedName),
      schema: {
        tags: [realm.tag],
        summary: 'Sign in with username or e-mail and password',
        headers: sessionModeHeader.extend(puzzleHeader.shape),
        body: loginBody,
        response: { 200: tokensSchema, ...errors([401, 403, 428, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      requirePasswords(deps.config, realm);
      const attempt = {
        identifier: nameIn(request.body),
        password: request.body.password,
        ip: request.clientAddress,
        userAgent: request.raw.headers['user-agent'],
        signal: answerEnded(reply),
      };
      const tokens = await deps.challenges.countFailure(request, guessedName(request), () =>
        signIn(deps, realm, attempt),
      );
      return answerTokens({ request, reply, config: deps.config, realm }, tokens);
    },
  );
}
