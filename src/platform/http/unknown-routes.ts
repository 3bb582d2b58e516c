import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError, notFound } from '../../errors.ts';
import { collectAllowedMethods } from './allowed-methods.ts';
import { pathOf } from './error-answers.ts';

/** 404 for a path that no route has, 405 with `Allow` for a method that none has there, and the answer to OPTIONS. */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const allowedMethods = collectAllowedMethods(app);
  const refuse = ({ method, url }: FastifyRequest): never => {
    const path = pathOf(url);
    const allowed = allowedMethods(path);
    // A route may find that it has nothing there, as that of static files does.
    if (allowed.length === 0 || allowed.includes(method)) {
      throw notFound(`The requested resource '${path}' was not found`);
    }
    throw new AppError('MethodNotAllowedError', `${method} is not allowed here`, {
      headers: { allow: allowed.join(', ') },
    });
  };
  app.setNotFoundHandler(refuse);
  // Before the body is read: what it holds does not matter then.
  app.addHook('preParsing', async (request) => {
    const hasBlank = request.routeOptions.url?.includes(':') === true;
    if (request.is404 || (hasBlank && !allowedMethods(pathOf(request.url)).includes(request.method))) {
      refuse(request);
    }
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'OPTIONS' || isPreflight(request)) return;
    const allowed = request.url === '*' ? [] : allowedMethods(pathOf(request.url));
    if (request.url !== '*' && allowed.length === 0) refuse(request);
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    return reply.code(204).send();
  });
}

/** The question that a browser asks before a page of another origin may call: CORS answers it, whatever the path. */
function isPreflight({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
