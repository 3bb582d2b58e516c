import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { anyone } from '../../access/guards.ts';
import { documentPaths } from '../../access/request-limits.ts';
import type { Config } from '../../configuration/config.ts';
import { version } from '../../configuration/version.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';
import { type StaticContent, sendStatic, staticContent } from '../../platform/http/static-content.ts';
import { completeDocument } from './api-document.ts';
import { introduction } from './introduction.ts';
import { addReference } from './reference/routes.ts';
import { describeBounds } from './schema-bounds.ts';
import { securityOf, tokenSchemes } from './token-schemes.ts';

const schemaOptions = { zodToJsonConfig: { override: describeBounds } };
const describeRoute = createJsonSchemaTransform(schemaOptions);
const describeSchemas = createJsonSchemaTransformObject(schemaOptions);
// The rule set of OWASP wants every server to say whether outsiders may know it.
const outside = { 'x-internal': false };

/** Collects the schemas of all routes that are added after it: the document is made of what validates. */
export async function describeApi(app: HttpServer, config: Config): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: apiTitle(config),
        version,
        description: introduction,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: config.publicUrl, ...outside }],
      tags: [
        { name: 'Users', description: 'What a user does for themselves' },
        { name: 'Admins', description: 'What an admin does for themselves' },
        { name: 'User administration', description: "An admin's work with the users" },
        { name: 'Admin administration', description: "A superadmin's work with the admins" },
        { name: 'Password reset', description: 'For the person who forgot it' },
        { name: 'Mail', description: 'What was sent, what waits and what is stuck' },
        { name: 'Audit', description: 'What happened to whom, and who did it' },
        { name: 'System', description: 'Health and welcome' },
      ],
      components: { securitySchemes: tokenSchemes(config) },
    },
    transform: (route) => {
      const described = describeRoute(route);
      return {
        ...described,
        schema: { ...described.schema, security: securityOf(route.route.config ?? {}) },
      };
    },
    transformObject: (document) => completeDocument(describeSchemas(document)),
  });
}

/** Serves `/openapi.json`, Swagger UI at `/docs` and the reference at `/redoc`, every asset from here. */
export async function addDocumentationRoutes(app: HttpServer, config: Config): Promise<void> {
  let document: StaticContent | undefined;
  app.get('/openapi.json', { ...anyone, schema: { hide: true } }, async (request, reply) => {
    // Large, and never another one: made once.
    document ??= staticContent(JSON.stringify(app.swagger()), 'application/json');
    return sendStatic(request, reply.header('cache-control', 'no-cache'), document);
  });
  await addSwaggerUi(app, apiTitle(config));
  addReference(app);
}

function apiTitle({ projectName }: Config): string {
  return `${projectName} API`;
}

// Swagger UI writes styles by script.
const headers = { ...pageHeaders({ styleSource: "'unsafe-inline'" }), 'cache-control': 'no-cache' };

async function addSwaggerUi(app: FastifyInstance, title: string): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: title.replaceAll('&', '&amp;') },
    // A token that was entered outlives a reload: it lies in localStorage, which every script of this origin can read.
    // The policy admits only scripts from here, and an access token lives for minutes.
    uiConfig: { layout: 'BaseLayout', persistAuthorization: true, displayRequestDuration: true },
    // By whatever name the page was opened, it may call no other; without servers it calls the one it came from.
    transformSpecification: ({ servers: _servers, ...document }) => document,
    transformSpecificationClone: false,
    uiHooks: {
      onRequest: ({ routeOptions }, reply, next) => {
        // The document itself is no page.
        if (!documentPaths.includes(routeOptions.url ?? '')) reply.headers(headers);
        next();
      },
    },
  });
}
