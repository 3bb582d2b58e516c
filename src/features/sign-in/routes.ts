import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, text } from '../../platform/http/schemas.ts';
import type { Realm } from '../accounts/realms.ts';
import { typedPassword } from '../passwords/password-policy.ts';
import { anyone } from '../sessions/authenticate.ts';
import { answerTokens, refuseOtherOrigins, sessionModeHeader } from '../sessions/cookie-mode.ts';
import { tokensSchema } from '../sessions/token-pair.ts';
import { signIn } from './sign-in.ts';

const loginBody = z
  .object({
    username: text(254).min(1).nullish().describe('The username or the e-mail address'),
    email: text(254).min(1).nullish().describe('Instead of username'),
    password: typedPassword,
  })
  .refine((body) => (body.username ?? body.email ?? null) !== null, {
    path: ['username'],
    message: 'username or email is required',
    params: { type: 'required' },
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta({
    // Not both of them null or absent; generators of clients, which make odd types of `anyOf`, leave `not` out.
    not: { properties: { username: { type: 'null' }, email: { type: 'null' } } },
    example: { username: 'ada.lovelace', password: 'correct horse battery staple' },
  });

export function addSignInRoutes(app: HttpServer, deps: Dependencies, realm: Realm): void {
  app.post(
    `${realm.path}/login`,
    {
      ...anyone,
      onRequest: refuseOtherOrigins(deps.config),
      schema: {
        tags: [realm.tag],
        summary: 'Sign in with username or e-mail and password',
        headers: sessionModeHeader,
        body: loginBody,
        response: { 200: tokensSchema, ...errors([401, 403, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const tokens = await signIn(deps, realm, {
        identifier: request.body.username ?? request.body.email ?? '',
        password: request.body.password,
        ip: request.clientAddress,
        userAgent: request.raw.headers['user-agent'],
      });
      return answerTokens({ request, reply, config: deps.config, realm }, tokens);
    },
  );
}
