import { z } from 'zod';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { requireService } from '../../access/services.ts';
import { acceptForms } from '../../platform/http/form-body.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, guardErrors, text, uuid } from '../../platform/http/schemas.ts';
import { introspectToken } from './introspect-token.ts';

const introspectionBody = z.object({
  token: text(8192)
    .min(1)
    .describe('The access token that a client has presented')
    .meta({ example: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIw' }),
});

const seconds = z.int().min(0).max(4_294_967_295);
const activeSchema = z.object({
  active: z.literal(true),
  sub: uuid.describe('The id of the account'),
  kind: z.enum(['user', 'admin']),
  sid: uuid.describe('The id of the session'),
  username: z.string().max(50).optional(),
  iss: z.string().max(2000),
  aud: z.string().max(200),
  iat: seconds,
  exp: seconds,
  auth_time: seconds.describe('When the person last proved who they are'),
  acr: z.enum(['1', '2']).describe('`2`: two factors, or a passkey that verified its user'),
});
const inactiveSchema = z.object({ active: z.literal(false) });

const introspectionSchema = z
  .union([activeSchema, inactiveSchema])
  .describe('`active` is false for every token that is not good now, without a reason')
  .meta({ id: 'Introspection' });

export function addIntrospectionRoute(server: HttpServer, deps: RouteDependencies): void {
  // In a context of its own: no other route takes a form.
  void server.register(async (scope) => {
    const app = scope as HttpServer;
    acceptForms(app);
    app.post(
      '/api/tokens/introspect',
      {
        ...requireService(deps, 'introspect'),
        schema: {
          tags: ['Tokens'],
          summary: 'Ask whether an access token is good now (RFC 7662)',
          description:
            'For services, with their own token. The body may also be `application/x-www-form-urlencoded`.',
          consumes: ['application/json', 'application/x-www-form-urlencoded'],
          body: introspectionBody,
          response: { 200: introspectionSchema, ...errors([...guardErrors, ...bodyErrors]) },
        },
      },
      async (request) => introspectToken(deps, request.body.token),
    );
  });
}
