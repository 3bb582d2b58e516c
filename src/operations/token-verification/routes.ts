import { z } from 'zod';
import { anyoneUncounted } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import type { PublicJwk } from '../../domain/signing-keys/key-pair.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { jsonType } from '../../platform/http/json-answers.ts';

const algorithm = z.enum(['EdDSA', 'ES256']);
const coordinate = z.string().max(100);
// Only these members leave, whatever the key has.
const jwk = z.object({
  kty: z.enum(['OKP', 'EC']),
  crv: z.enum(['Ed25519', 'P-256']),
  x: coordinate,
  y: coordinate.optional(),
  kid: z.string().max(100),
  alg: algorithm,
  use: z.literal('sig'),
});
const jwksSchema = z.object({ keys: z.array(jwk).max(1000) }).meta({ id: 'JsonWebKeySet' });

const address = z.string().max(2000);
const words = z.array(z.string().max(50)).max(10);
const metadataSchema = z
  .object({
    issuer: address,
    jwks_uri: address,
    introspection_endpoint: address,
    introspection_endpoint_auth_methods_supported: words,
    access_token_signing_alg_values_supported: words,
    response_types_supported: words,
    grant_types_supported: words,
  })
  .meta({ id: 'AuthorizationServer' });

const cacheable = { 'cache-control': 'public, max-age=300' };

/** What other services need to verify access tokens themselves. Answered from memory. */
export function addVerificationRoutes(app: HttpServer, deps: RouteDependencies): void {
  const { config, signingKeys } = deps;
  const tags = ['Tokens'];
  const jwks = writeOnce();

  app.get(
    '/.well-known/jwks.json',
    {
      ...anyoneUncounted,
      schema: {
        tags,
        summary: 'The public keys of access tokens (RFC 7517)',
        response: { 200: jwksSchema },
      },
    },
    async (_request, reply) => {
      reply.headers(cacheable).type(jsonType);
      return reply.send(jwks(signingKeys.published()) as never);
    },
  );

  app.get(
    '/.well-known/oauth-authorization-server',
    {
      ...anyoneUncounted,
      schema: {
        tags,
        summary: 'Who issues access tokens, and where their keys are (RFC 8414)',
        response: { 200: metadataSchema },
      },
    },
    async (_request, reply) => {
      reply.headers(cacheable);
      return {
        issuer: config.publicUrl,
        jwks_uri: `${config.publicUrl}/.well-known/jwks.json`,
        introspection_endpoint: `${config.publicUrl}/api/tokens/introspect`,
        introspection_endpoint_auth_methods_supported: ['Bearer'],
        access_token_signing_alg_values_supported: algorithmsOf(deps),
        // Nobody gets tokens here by the grants of OAuth.
        response_types_supported: [],
        grant_types_supported: [],
      };
    },
  );
}

/** After a change of the algorithm those of the keys that still count, too. */
function algorithmsOf({ config, signingKeys }: RouteDependencies): string[] {
  if (config.accessTokenAlgorithm === 'HS256') return [];
  return [...new Set(signingKeys.published().map(({ alg }) => alg))];
}

/** Through the schema, and written anew only when the keys have changed. */
function writeOnce(): (keys: readonly PublicJwk[]) => string {
  let written: readonly object[] | null = null;
  let text = '';
  return (keys) => {
    if (written !== keys) {
      text = JSON.stringify(jwksSchema.parse({ keys }));
      written = keys;
    }
    return text;
  };
}
