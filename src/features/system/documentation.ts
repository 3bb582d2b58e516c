import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Config } from '../../config.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';
import { version } from '../../version.ts';
import { anyone } from '../sessions/authenticate.ts';
import { completeDocument } from './api-document.ts';
import { redocPage } from './redoc-page.ts';

/** Collects the schemas of all routes that are added after it: the document is made of what validates. */
export async function describeApi(app: HttpServer, config: Config): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: `${config.projectName} API`,
        version,
        description:
          'Accounts of users and admins. Sign in, send the access token as `Authorization: Bearer`, and refresh it before it ends.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: config.publicUrl }],
      tags: [
        { name: 'Users', description: 'What a user does for themselves' },
        { name: 'Admins', description: 'What an admin does for themselves' },
        { name: 'User administration', description: "An admin's work with the users" },
        { name: 'Admin administration', description: "A superadmin's work with the admins" },
        { name: 'Password reset', description: 'For the person who forgot it' },
        { name: 'System', description: 'Health and welcome' },
      ],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => completeDocument(jsonSchemaTransformObject(document)),
  });
}

/** Serves `/openapi.json`, Swagger UI at `/docs` and ReDoc at `/redoc`, every asset from here. */
export async function addDocumentationRoutes(app: HttpServer): Promise<void> {
  app.get('/openapi.json', { ...anyone, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(app.swagger()),
  );
  await addSwaggerUi(app);
  await addRedoc(app);
}

async function addSwaggerUi(app: FastifyInstance): Promise<void> {
  // Swagger UI sets style attributes by script.
  const headers = pageHeaders({ styleSource: "'unsafe-inline'" });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { url: '/openapi.json', persistAuthorization: false, validatorUrl: null },
    uiHooks: {
      onRequest: (_request, reply, next) => {
        reply.headers(headers).header('cache-control', 'no-cache');
        next();
      },
    },
  });
}

async function addRedoc(app: FastifyInstance): Promise<void> {
  const bundle = createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js');
  await app.register(fastifyStatic, {
    root: dirname(bundle),
    serve: false,
  });
  // ReDoc writes style elements by script; its search would want a worker made of a blob, so that it is off.
  const headers = pageHeaders({ styleSource: "'unsafe-inline'" });
  app.get('/redoc', { ...anyone, schema: { hide: true } }, async (_request, reply) =>
    reply
      .headers(headers)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(redocPage),
  );
  app.get('/redoc/redoc.standalone.js', { ...anyone, schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'no-cache');
    return reply.sendFile('redoc.standalone.js', { cacheControl: false });
  });
}
