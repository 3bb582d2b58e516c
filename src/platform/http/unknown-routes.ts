import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError, notFound } from '../errors.ts';
import { pathOf } from './path-of.ts';

type AllowedMethods = (path: string) => string[];

/** Answers OPTIONS. Call it before CORS, which treats every OPTIONS as a preflight. */
export function answerOptions(app: FastifyInstance, allowedMethods: AllowedMethods): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'OPTIONS' || isPreflight(request)) return;
    const allowed = request.url === '*' ? [] : allowedMethods(pathOf(request.url));
    if (request.url !== '*' && allowed.length === 0) refuse(request, allowed);
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    return reply.code(204).send();
  });
}

/** 404, or 405 with `Allow`. Call it after CORS: pages of allowed origins can read the error. */
export function refuseUnknownRoutes(app: FastifyInstance, allowedMethods: AllowedMethods): void {
  app.setNotFoundHandler((request) => refuse(request, allowedMethods(pathOf(request.url))));
  app.after(() => {
    // Before any guard and before the body is read.
    app.addHook('onRequest', async (request) => {
      const hasBlank = request.routeOptions.url?.includes(':') === true;
      if (!request.is404 && !hasBlank) return;
      const allowed = allowedMethods(pathOf(request.url));
      if (request.is404 || !allowed.includes(request.method)) refuse(request, allowed);
    });
  });
}

function refuse({ method, url }: FastifyRequest, allowed: string[]): never {
  // A route may itself answer 404, as the one for static files does.
  if (allowed.length === 0 || allowed.includes(method)) {
    throw notFound(`The requested resource '${pathOf(url)}' was not found`);
  }
  throw new AppError('MethodNotAllowedError', `${method} is not allowed here`, {
    headers: { allow: allowed.join(', ') },
  });
}

/** CORS answers preflights, whatever the path. */
function isPreflight({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
