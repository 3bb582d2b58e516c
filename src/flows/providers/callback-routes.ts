import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { setSessionCookie } from '../../access/cookie-mode.ts';
import { anyone } from '../../access/guards.ts';
import type { Attempt } from '../../domain/identities/attempt-store.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { AppError } from '../../platform/errors.ts';
import { acceptForms } from '../../platform/http/form-body.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { errors, text } from '../../platform/http/schemas.ts';
import { browserOf } from './browser-tie.ts';
import { failedPage } from './failed-page.ts';
import { clientOf, type ProviderDeps, providerParams, requireProvider } from './provider-routes.ts';
import { requireAttempt, returnFromProvider } from './return-from-provider.ts';

/** Of these the library checks each. All others are dropped: each provider has some of its own. */
const answer = z.object({
  code: text(4096).optional(),
  state: text(200).optional(),
  iss: text(2000).optional().describe('Who answers (RFC 9207)'),
  error: text(200).optional(),
});

type Answer = z.output<typeof answer>;

const about = {
  tags: [userRealm.tag],
  params: providerParams,
  response: {
    302: z.null().describe('To `return_to`; what fails to a page that says so'),
    ...errors([429, 503]),
  },
};

/** Where providers send browsers back to. */
export function addCallbackRoutes(server: HttpServer, deps: ProviderDeps): void {
  // In a context of its own: no other route takes a form.
  void server.register(async (scope) => {
    const app = scope as HttpServer;
    acceptForms(app);
    app.setErrorHandler(failing(deps));

    app.get(
      '/api/users/login/providers/:id/callback',
      {
        ...anyone,
        schema: {
          ...about,
          summary: 'Come back from a provider',
          description: 'Only providers lead here, and only in the browser that began.',
          querystring: answer,
        },
      },
      async (request, reply) =>
        comeBack(deps, { request, reply }, request.params.id, request.query),
    );

    app.post(
      '/api/users/login/providers/:id/callback',
      {
        ...anyone,
        schema: {
          ...about,
          summary: 'Come back from a provider by a form',
          description: 'The same as `application/x-www-form-urlencoded`, as Apple sends it.',
          consumes: ['application/json', 'application/x-www-form-urlencoded'],
          body: answer.meta({ example: { code: 'the-code-of-the-provider', state: 'the-state' } }),
        },
      },
      async (request, reply) => comeBack(deps, { request, reply }, request.params.id, request.body),
    );
  });
}

type Exchange = { request: FastifyRequest; reply: FastifyReply };

/** What the attempt was for, for the audit row of a failure. */
const attempts = new WeakMap<FastifyRequest, Attempt>();

async function comeBack(
  deps: ProviderDeps,
  { request, reply }: Exchange,
  id: string,
  given: Answer,
) {
  const { config } = deps;
  const provider = requireProvider(deps, id);
  const ties = { state: given.state ?? '', browser: browserOf(request, config) };
  const attempt = await requireAttempt(deps, provider, ties);
  attempts.set(request, attempt);
  const parameters = new URLSearchParams(given as Record<string, string>);
  const came = { parameters, client: clientOf(request) };
  const { location, tokens } = await returnFromProvider(deps, provider, attempt, came);
  if (tokens !== null) setSessionCookie({ reply, config, realm: userRealm }, tokens);
  return reply.redirect(location, 302);
}

/** Every failure is the same page, except that a limit is a limit. */
function failing(deps: ProviderDeps) {
  return async (error: Error, request: FastifyRequest, reply: FastifyReply) => {
    if (error instanceof AppError && error.status === 429) throw error;
    const isLink = (attempts.get(request)?.user_id ?? null) !== null;
    const { id } = request.params as { id?: string };
    const provider = id !== undefined && deps.providers.has(id) ? id : 'unknown';
    const event = isLink ? 'identity_linked' : 'sign_in';
    return reply.redirect(await failedPage(deps, request, error, { event, provider }), 302);
  };
}
