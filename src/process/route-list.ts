import type { FastifyInstance } from 'fastify';
import type { AppDependencies } from '../access/route-dependencies.ts';
import { buildApp } from '../app.ts';
import { parseConfig } from '../configuration/config.ts';
import type { HttpServer } from '../platform/http/http-server.ts';
import { createLogger } from '../platform/logging/logger.ts';

/** A line per route, for `docs/routes.txt` and the test that every route is tested. */
export async function listRoutes(): Promise<string> {
  const lines: string[] = [];
  const app = await buildDescribedApp({}, (server) => collectRoutes(server, lines));
  await app.close();
  return `${[...new Set(lines)].toSorted().join('\n')}\n`;
}

/** The document at `/openapi.json` of a service with that public URL. */
export async function describeOpenApi(publicUrl: string): Promise<object> {
  const app = await buildDescribedApp({ PUBLIC_URL: publicUrl });
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}

/** Describing the routes needs no other dependencies: nothing is opened and no handler runs. */
async function buildDescribedApp(
  overrides: Record<string, string>,
  observe?: (app: FastifyInstance) => void,
): Promise<HttpServer> {
  const config = parseConfig({ ENVIRONMENT: 'test', LOG_LEVEL: 'error', ...overrides });
  const readiness = { phase: 'starting' };
  return buildApp(
    { config, logger: createLogger(config, { write: () => {} }), readiness } as AppDependencies,
    observe,
  );
}

function collectRoutes(app: FastifyInstance, lines: string[]): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    const [first = ''] = [method].flat();
    if (first === 'HEAD' || first === 'OPTIONS') return;
    lines.push(`${first.padEnd(6)} ${url.padEnd(42)} ${config?.guard ?? 'NO GUARD'}`);
  });
}
