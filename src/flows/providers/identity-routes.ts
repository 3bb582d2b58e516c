import { z } from 'zod';
import { callerOf, requireAccount } from '../../access/guards.ts';
import { type Identity, listIdentities } from '../../domain/identities/identity-store.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { unavailable } from '../../platform/errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  idParams,
  noContent,
  text,
  timestamp,
  uuid,
} from '../../platform/http/schemas.ts';
import { beginAtProvider } from './begin-at-provider.ts';
import { tieBrowser } from './browser-tie.ts';
import {
  type ProviderDeps,
  requireProvider,
  requireReturnTo,
  returnToText,
} from './provider-routes.ts';
import { recordFailure } from './sign-in-failure.ts';
import { unlinkIdentity } from './unlink-identity.ts';

const identitySchema = z
  .object({
    id: uuid,
    provider: z.string().max(20).meta({ example: 'google' }),
    name: z.string().max(40).describe('Of the provider').meta({ example: 'Google' }),
    email: z.string().max(254).nullable().describe('There, at the last sign-in'),
    created_at: timestamp,
    last_used_at: timestamp.nullable(),
  })
  .meta({ id: 'Identity' });

export function addIdentityRoutes(app: HttpServer, deps: ProviderDeps): void {
  const about = { tags: [userRealm.tag] };
  const proven = requireAccount(deps, userRealm, { wantsProof: true });

  app.get(
    '/api/users/me/identities',
    {
      ...requireAccount(deps, userRealm),
      schema: {
        ...about,
        summary: 'List the accounts elsewhere that sign me in',
        response: {
          200: z.object({ items: z.array(identitySchema).max(10) }),
          ...errors(guardErrors),
        },
      },
    },
    async (request) => {
      const linked = await listIdentities(deps.db, callerOf(request).account.id);
      return { items: linked.map((identity) => present(deps, identity)) };
    },
  );

  app.post(
    '/api/users/me/identities/:provider/start',
    {
      ...proven,
      schema: {
        ...about,
        summary: 'Begin to link an account elsewhere',
        description:
          'For pages of the same origin: send the browser to `location`. It comes back to `return_to`, linked.',
        params: z.object({ provider: text(50).min(1).meta({ example: 'google' }) }),
        body: z.object({ return_to: returnToText.nullish() }).nullish().meta({ example: {} }),
        response: {
          200: z.object({ location: z.string().max(8000).describe('At the provider') }),
          ...errors([404, ...guardErrors, ...bodyErrors]),
        },
      },
    },
    async (request, reply) => {
      const { account, sessionId } = callerOf(request);
      const provider = requireProvider(deps, request.params.provider);
      const returnTo = requireReturnTo(deps, request.body?.return_to ?? undefined);
      const browser = tieBrowser({ request, reply, config: deps.config }, provider);
      const asker = { userId: account.id, sessionId };
      const beginning = { browser, returnTo, codeChallenge: null, asker };
      return { location: await linkAt(deps, provider, beginning) };
    },
  );

  app.delete(
    '/api/users/me/identities/:id',
    {
      ...proven,
      schema: {
        ...about,
        summary: 'Unlink an account elsewhere',
        description: 'It no longer signs in, and all other sessions end. 409 for the last way in.',
        params: idParams,
        response: { 204: noContent, ...errors([404, 409, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      await unlinkIdentity(deps, callerOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}

async function linkAt(deps: ProviderDeps, ...rest: Rest): Promise<string> {
  const [provider] = rest;
  try {
    return await beginAtProvider(deps, ...rest);
  } catch (error) {
    await recordFailure(deps, error, { event: 'identity_linked', provider: provider.settings.id });
    throw unavailable(error);
  }
}

type Rest = Parameters<typeof beginAtProvider> extends [unknown, ...infer Others] ? Others : never;

function present({ providers }: ProviderDeps, identity: Identity) {
  const { id, provider, email, created_at, last_used_at } = identity;
  return {
    id,
    provider,
    name: providers.get(provider)?.settings.name ?? provider,
    email,
    created_at: created_at.toISOString(),
    last_used_at: last_used_at?.toISOString() ?? null,
  };
}
