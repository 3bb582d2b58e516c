import { z } from 'zod';
import { askForPuzzle, puzzleHeader } from '../../access/abuse-challenges.ts';
import { answerAsker, askerOf } from '../../access/asker-cookie.ts';
import { answerTokens, refuseOtherOrigins, sessionModeHeader } from '../../access/cookie-mode.ts';
import { anyone } from '../../access/guards.ts';
import { returnToMember } from '../../access/return-to.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import type { Config } from '../../configuration/config.ts';
import { email } from '../../domain/accounts/account-schemas.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { cookieTokensSchema, tokenPairSchema } from '../../domain/sessions/token-schemas.ts';
import { forbidden } from '../../platform/errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, text } from '../../platform/http/schemas.ts';
import type { Shown } from './find-shown-link.ts';
import { mailLifeSeconds, requestSignIn } from './request-sign-in.ts';
import { signInByEmail } from './sign-in-by-email.ts';

export function addEmailSignInRoutes(app: HttpServer, deps: RouteDependencies): void {
  addRequest(app, deps);
  addConfirmation(app, deps);
}

const requestedSchema = z.object({
  message: z.string().max(500),
  request_id: z
    .string()
    .max(100)
    .optional()
    .describe('Send it with the code, which nobody else can use. In cookie mode it is a cookie')
    .meta({ example: 'kept-by-who-asked' }),
  expires_in: z.int().min(0).describe('How long link and code work, in seconds'),
});

function addRequest(app: HttpServer, deps: RouteDependencies): void {
  const { config } = deps;
  app.post(
    '/api/users/login/email',
    {
      config: { ...anyone.config, limit: 'email-sign-in' },
      onRequest: refuseOtherOrigins(config),
      preHandler: askForPuzzle(deps, 'email-sign-in'),
      schema: {
        tags: [userRealm.tag],
        summary: 'Ask for a mail that signs in',
        description:
          'The response is the same whether or not the account exists. The mail has a link and a code of 8 digits. Only with `EMAIL_SIGN_IN`.',
        headers: sessionModeHeader.extend(puzzleHeader.shape),
        body: z.object({ email, return_to: returnToMember(config) }),
        response: { 200: requestedSchema, ...errors([403, 428, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      requireOn(config);
      const { email: address, return_to: returnTo } = request.body;
      const secret = await requestSignIn(deps, { email: address, returnTo });
      const asker = answerAsker({ request, reply, config }, secret, mailLifeSeconds);
      return { message: sent, ...asker, expires_in: mailLifeSeconds };
    },
  );
}

const sent = 'If there is an account with this address, a mail to sign in has been sent';

const withReturnTo = {
  return_to: z
    .string()
    .max(2000)
    .optional()
    .describe('As it was asked for')
    .meta({ example: '/app/security' }),
};

const signedInSchema = z.union([
  tokenPairSchema.extend(withReturnTo).meta({ id: 'EmailTokenPair' }),
  cookieTokensSchema.extend(withReturnTo).meta({ id: 'EmailCookieTokens' }),
]);

function addConfirmation(app: HttpServer, deps: RouteDependencies): void {
  const { config } = deps;
  app.post(
    '/api/users/login/email/confirm',
    {
      ...anyone,
      onRequest: refuseOtherOrigins(config),
      schema: {
        tags: [userRealm.tag],
        summary: 'Sign in with the link or the code of a mail',
        description:
          'Each works once, for ten minutes; five codes can be tried for a mail. An address that was never verified is ' +
          'verified by it, and everything that was set up before is void: password, sessions and second factors.',
        headers: sessionModeHeader,
        body: shownBody,
        response: { 200: signedInSchema, ...errors([401, 403, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      requireOn(config);
      const shown = shownIn(request.body, askerOf(request, config));
      const client = { ip: request.clientAddress, userAgent: request.raw.headers['user-agent'] };
      const { tokens, returnTo } = await signInByEmail(deps, shown, client);
      const answer = answerTokens({ request, reply, config, realm: userRealm }, tokens);
      return { ...answer, ...(returnTo !== null && { return_to: returnTo }) };
    },
  );
}

function requireOn({ emailSignIn }: Config): void {
  if (!emailSignIn) throw forbidden('Sign-in by e-mail is off', 'email_sign_in_off');
}

/** As people type and paste it: in two halves, with blanks or a dash. */
const code = text(40)
  .refine((typed) => /^(\D*\d){8}\D*$/.test(typed), 'must have 8 digits')
  .transform((typed) => typed.replaceAll(/\D/g, ''))
  .meta({ example: '4711 0815' });

const shownBody = z
  .object({
    token: text(4096).min(1).nullish().describe('Of the link').meta({ example: 'the-token' }),
    email: email.nullish().describe('With the code: as it was asked with'),
    code: code.nullish().describe('In place of the token'),
    request_id: text(100).nullish().describe('With the code: from the answer to who asked'),
  })
  .refine(({ token, code: typed, email: address }) => token ?? (typed && address), {
    path: ['token'],
    message: 'is required unless email and code are given',
    params: { type: 'missing' },
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta({
    not: { properties: { token: { type: 'null' }, code: { type: 'null' } } },
    example: { token: 'the-token-of-the-link' },
  });

function shownIn(body: z.output<typeof shownBody>, asker: string | null): Shown {
  if (typeof body.token === 'string') return { token: body.token };
  const { email: address, code: typed, request_id: requestId } = body;
  return { email: address ?? '', code: typed ?? '', requestId: requestId ?? asker };
}
