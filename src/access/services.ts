import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { forbidden, unauthenticated } from '../platform/errors.ts';
import type { HttpServer } from '../platform/http/http-server.ts';
import { bearerTokenOf } from './bearer-token.ts';
import type { AppDependencies } from './route-dependencies.ts';
import type { ServiceScope } from './service-tokens.ts';

type Deps = Pick<AppDependencies, 'serviceTokens' | 'limits'>;

/**
 * A route for services, with their token as Bearer: 401 without a good one, 403 without the scope.
 * It counts on the service and not on its address.
 */
export function requireService({ serviceTokens, limits }: Deps, scope: ServiceScope) {
  const admit = async (request: FastifyRequest) => {
    const token = bearerTokenOf(request);
    const service = token === null ? null : serviceTokens.find(token);
    if (service === null)
      throw unauthenticated(token === null ? undefined : 'The service token is not valid');
    if (!service.scopes.includes(scope)) throw forbidden(`The service token lacks ${scope}`);
    request.callingService = service.name;
    await limits.countService(request, service.name);
  };
  const begin = (request: FastifyRequest, reply: FastifyReply) =>
    limits.beginServiceTurn(request, reply, request.callingService ?? '');
  return { config: { guard: 'service' as const }, onRequest: [admit], preHandler: [begin] };
}

/** The name of a service that may say for whom it calls, by its header. */
export function forwarderOf({ serviceTokens }: Pick<Deps, 'serviceTokens'>) {
  return (request: IncomingMessage): string | null => {
    const service = serviceTokens.ofHeader(request);
    return service?.scopes.includes('forward') ? service.name : null;
  };
}

/**
 * `X-Service-Token` lets a service name the address of its client in `X-Forwarded-For`. A token
 * that may not is refused: otherwise a mistake would count all clients as one.
 */
export function refuseUnknownServices(app: HttpServer, { serviceTokens }: Deps): void {
  app.addHook('onRequest', async ({ raw }) => {
    const service = serviceTokens.ofHeader(raw);
    if (service === undefined) return;
    if (service === null) throw unauthenticated('The service token is not valid');
    if (!service.scopes.includes('forward')) throw forbidden('The service token lacks forward');
  });
}
