import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answerTokens, refuseOtherOrigins, sessionModeHeader } from '../../access/cookie-mode.ts';
import { anyone, callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { factorName } from '../../domain/factors/factor-kind.ts';
import { factorSchema, presentFactor } from '../../domain/factors/present-factor.ts';
import { asFactor } from '../../domain/passkeys/passkey-kind.ts';
import {
  creationOptions,
  creationResponse,
  exampleOfCreation,
  presentedPasskey,
  requestOptions,
} from '../../domain/passkeys/passkey-schemas.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import type { Client } from '../../domain/sessions/open-session.ts';
import { tokensSchema } from '../../domain/sessions/token-schemas.ts';
import { notFound } from '../../platform/errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, guardErrors, idParams, text } from '../../platform/http/schemas.ts';
import { addPasskey } from './add-passkey.ts';
import { offerCreation, offerRequest } from './passkey-options.ts';
import { renameOwnPasskey } from './rename-own-passkey.ts';
import { signInWithPasskey } from './sign-in-with-passkey.ts';

export function addPasskeyRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  addSignInRoutes(app, deps, realm);
  addOwnRoutes(app, deps, realm);
}

function addSignInRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  app.post(
    `${realm.path}/login/passkey/options`,
    {
      ...anyone,
      schema: {
        tags: [realm.tag],
        summary: 'Ask for a challenge for a passkey',
        description:
          'The challenge works once, for five minutes, to sign in, as the second factor and to reauthenticate. The options ' +
          'are the same for everybody; with the challenge of a second step they list the passkeys of its account.',
        body: z
          .object({ second_factor_challenge: text(100).nullish() })
          .nullish()
          .meta({ example: {} }),
        response: {
          200: z.object({ challenge: text(100), options: requestOptions }),
          ...errors([503, ...bodyErrors]),
        },
      },
    },
    async (request) => {
      const secondFactorChallenge = request.body?.second_factor_challenge ?? null;
      const client = clientOf(request);
      return offerRequest(deps, realm, { client, secondFactorChallenge });
    },
  );

  app.post(
    `${realm.path}/login/passkey`,
    {
      ...anyone,
      onRequest: refuseOtherOrigins(deps.config),
      schema: {
        tags: [realm.tag],
        summary: 'Sign in with a passkey',
        headers: sessionModeHeader,
        body: presentedPasskey,
        response: { 200: tokensSchema, ...errors([401, 403, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const tokens = await signInWithPasskey(deps, realm, request.body, clientOf(request));
      return answerTokens({ request, reply, config: deps.config, realm }, tokens);
    },
  );
}

function clientOf({
  clientAddress: ip,
  raw,
}: Pick<FastifyRequest, 'clientAddress' | 'raw'>): Client {
  return { ip, userAgent: raw.headers['user-agent'] };
}

const newPasskey = z
  .object({
    name: factorName.nullish().describe('By default the browser and its system'),
    response: creationResponse,
  })
  .meta({ example: { name: 'My laptop', response: exampleOfCreation } });

function addOwnRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  const about = { tags: [realm.tag] };
  const proven = requireAccount(deps, realm, { wantsProof: true, isForSetUp: true });

  app.post(
    `${realm.path}/me/passkeys/options`,
    {
      ...proven,
      schema: {
        ...about,
        summary: 'Begin to add a passkey',
        response: { 200: creationOptions, ...errors([409, ...guardErrors]) },
      },
    },
    async (request) => offerCreation(deps, realm, callerOf(request), request.clientAddress),
  );

  app.post(
    `${realm.path}/me/passkeys`,
    {
      ...proven,
      schema: {
        ...about,
        summary: 'Add a passkey',
        description: 'It is a second factor from here on, and signs in alone.',
        body: newPasskey,
        response: { 201: factorSchema, ...errors([400, 409, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const { name, response } = request.body;
      const asked = {
        name: name ?? undefined,
        response,
        userAgent: request.raw.headers['user-agent'],
      };
      const added = await addPasskey(deps, realm, callerOf(request), asked);
      return reply.code(201).send(presentFactor(asFactor(added)));
    },
  );

  app.patch(
    `${realm.path}/me/passkeys/:id`,
    {
      ...requireAccount(deps, realm, { isForSetUp: true }),
      schema: {
        ...about,
        summary: 'Rename a passkey',
        params: idParams,
        body: z.object({ name: factorName }),
        response: { 200: factorSchema, ...errors([404, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request) => {
      const named = { id: request.params.id, name: request.body.name };
      const renamed = await renameOwnPasskey(deps, realm, callerOf(request), named);
      if (renamed === null) throw notFound('Passkey not found');
      return presentFactor(asFactor(renamed));
    },
  );
}
