import swagger from '@fastify/swagger';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import { anyone } from '../../access/guards.ts';
import type { Config } from '../../configuration/config.ts';
import { version } from '../../configuration/version.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  type StaticContent,
  sendStatic,
  staticContent,
} from '../../platform/http/static-content.ts';
import { completeDocument } from './api-document.ts';
import { introduction } from './introduction.ts';
import { addReference } from './reference/routes.ts';
import { describeBounds } from './schema-bounds.ts';
import { securityOf, tokenSchemes } from './token-schemes.ts';

const schemaOptions = { zodToJsonConfig: { override: describeBounds } };
const describeRoute = createJsonSchemaTransform(schemaOptions);
const describeSchemas = createJsonSchemaTransformObject(schemaOptions);
// The OWASP rule set requires every server to say whether it is internal.
const outside = { 'x-internal': false };

/** Collects the schemas of the routes added after it: the document tells what is validated. */
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
        { name: 'Users', description: "A user's own account and sessions" },
        { name: 'Admins', description: "An admin's own account and sessions" },
        { name: 'User administration', description: 'Administration of users by admins' },
        { name: 'Admin administration', description: 'Administration of admins by superadmins' },
        { name: 'Password reset', description: 'Reset of a forgotten password, and test mails' },
        { name: 'Mail', description: 'Mails that were sent, are queued or failed' },
        { name: 'Overview', description: 'Figures for a dashboard' },
        { name: 'Audit', description: 'Security events with actor and subject' },
        { name: 'Tokens', description: 'For services that verify access tokens' },
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

/** Serves `/openapi.json` and the reference, all self-hosted. */
export function addDocumentationRoutes(app: HttpServer): void {
  let document: StaticContent | undefined;
  app.get('/openapi.json', { ...anyone, schema: { hide: true } }, async (request, reply) => {
    // Large and constant, so it is built once.
    document ??= staticContent(JSON.stringify(app.swagger()), 'application/json');
    return sendStatic(request, reply.header('cache-control', 'no-cache'), document);
  });
  addReference(app);
}

function apiTitle({ projectName }: Config): string {
  return `${projectName} API`;
}
