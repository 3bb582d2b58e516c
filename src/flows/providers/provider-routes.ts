import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answerTokens, refuseOtherOrigins, sessionModeHeader } from '../../access/cookie-mode.ts';
import { anyone } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import type { Provider, Providers } from '../../domain/providers/provider.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { Client } from '../../domain/sessions/open-session.ts';
import { tokensSchema } from '../../domain/sessions/token-schemas.ts';
import { invalid, notFound } from '../../platform/errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, text } from '../../platform/http/schemas.ts';
import { beginAtProvider } from './begin-at-provider.ts';
import { tieBrowser } from './browser-tie.ts';
import { exchangeCode } from './exchange-code.ts';
import { failedPage } from './failed-page.ts';
import { isOwnOrigin, soundReturnTo } from './return-to.ts';

export type ProviderDeps = RouteDependencies & { providers: Providers };

const about = { tags: [userRealm.tag] };

export const providerParams = z.object({
  id: text(50).min(1).describe('The id of a provider').meta({ example: 'google' }),
});

const redirection = z.null().describe('Leads on');

const challenge = z
  .string()
  .max(43)
  .regex(/^[\w-]{43}$/, 'must be the SHA-256 of a code verifier, in base64url')
  .describe('For `code`: the SHA-256 of a random code verifier, in base64url (RFC 7636, S256)')
  .meta({ example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' });

export const returnToText = text(2000)
  .describe(
    'Where to go on: a path of `FRONTEND_URL`, or an address of `APP_URL` or `RETURN_TO_ALLOW`',
  )
  .meta({ example: '/app' });

export function addProviderRoutes(app: HttpServer, deps: ProviderDeps): void {
  app.get(
    '/api/users/login/providers',
    {
      ...anyone,
      schema: {
        ...about,
        summary: 'List who else signs users in',
        response: {
          200: z.object({
            items: z.array(z.object({ id: z.string().max(20), name: z.string().max(40) })).max(20),
          }),
          ...errors([429, 503]),
        },
      },
    },
    async () => ({
      items: [...deps.providers.values()].map(({ settings: { id, name } }) => ({ id, name })),
    }),
  );
  addStart(app, deps);
  addExchange(app, deps);
}

const startQuery = z.strictObject({
  return_to: returnToText.optional(),
  mode: z
    .enum(['cookie', 'code'])
    .default('cookie')
    .describe(
      '`cookie`: the session goes into a cookie, for pages of the same origin. `code`: the browser ' +
        'comes back with `code` in its address, which `login/exchange` takes.',
    ),
  code_challenge: challenge.optional(),
});

function addStart(app: HttpServer, deps: ProviderDeps): void {
  app.get(
    '/api/users/login/providers/:id/start',
    {
      config: { ...anyone.config, limit: 'provider-start' },
      schema: {
        ...about,
        summary: 'Sign in, or up, with a provider',
        description:
          'For browsers, which are sent to the provider and come back to `return_to`. Where a second factor is in force, ' +
          'they come back with `challenge` and `methods` behind the `#`, for `login/second-factor`. What fails leads to a ' +
          'page that says so.',
        params: providerParams,
        querystring: startQuery,
        response: { 302: redirection, ...errors([404, 422, 429, 503]) },
      },
    },
    async (request, reply) => {
      const provider = requireProvider(deps, request.params.id);
      const wanted = soundBeginning(deps, request.query);
      try {
        const browser = tieBrowser({ request, reply, config: deps.config }, provider);
        const beginning = { ...wanted, browser, asker: null };
        return await reply.redirect(await beginAtProvider(deps, provider, beginning), 302);
      } catch (error) {
        const tried = { event: 'sign_in', provider: provider.settings.id } as const;
        return reply.redirect(await failedPage(deps, request, error, tried), 302);
      }
    },
  );
}

/** Throws 404. */
export function requireProvider({ providers }: ProviderDeps, id: string): Provider {
  const provider = providers.get(id);
  if (provider === undefined) throw notFound('There is no such provider');
  return provider;
}

/** Throws 422 for an address that nobody may be led to. */
export function requireReturnTo({ config }: Pick<ProviderDeps, 'config'>, given?: string): string {
  const returnTo = soundReturnTo(config, given ?? config.frontendUrl);
  if (returnTo !== null) return returnTo;
  const message = 'must be a path of FRONTEND_URL or an address of APP_URL or RETURN_TO_ALLOW';
  throw invalid({ field: 'return_to', message, type: 'return_to_not_allowed' });
}

function soundBeginning(deps: ProviderDeps, query: z.output<typeof startQuery>) {
  const { mode, code_challenge: codeChallenge = null } = query;
  const returnTo = requireReturnTo(deps, query.return_to);
  if (mode === 'cookie' && !isOwnOrigin(deps.config, returnTo)) {
    const message = 'must be of the origin of PUBLIC_URL, or use the mode code';
    throw invalid({ field: 'return_to', message, type: 'return_to_not_allowed' });
  }
  if ((mode === 'code') === (codeChallenge !== null)) return { returnTo, codeChallenge };
  const message = 'is required with the mode code, and with it only';
  throw invalid({ field: 'code_challenge', message, type: 'missing' });
}

const exchangeBody = z.object({
  code: text(100)
    .min(1)
    .describe('As the browser came back with it')
    .meta({ example: 'the-code-of-the-address' }),
  code_verifier: z
    .string()
    .max(128)
    .regex(
      /^[\w.~-]{43,128}$/,
      'must have 43 to 128 letters, digits, dots, underscores, hyphens or tildes',
    )
    .describe('Of the `code_challenge` that the sign-in began with')
    .meta({ example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }),
});

function addExchange(app: HttpServer, deps: ProviderDeps): void {
  app.post(
    '/api/users/login/exchange',
    {
      ...anyone,
      onRequest: refuseOtherOrigins(deps.config),
      schema: {
        ...about,
        summary: 'Complete a sign-in with a provider',
        description:
          'Within a minute, once, by who began it. A wrong verifier uses the code up, too.',
        headers: sessionModeHeader,
        body: exchangeBody,
        response: { 200: tokensSchema, ...errors([401, 403, 409, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const tokens = await exchangeCode(deps, request.body, clientOf(request));
      return answerTokens({ request, reply, config: deps.config, realm: userRealm }, tokens);
    },
  );
}

export function clientOf({
  clientAddress: ip,
  raw,
}: Pick<FastifyRequest, 'clientAddress' | 'raw'>): Client {
  return { ip, userAgent: raw.headers['user-agent'] };
}
