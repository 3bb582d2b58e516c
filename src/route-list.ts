import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { parseConfig } from './config.ts';
import type { Dependencies } from './dependencies.ts';
import { createLogger } from './platform/logging/logger.ts';

/** One line a route: method, path, guard. For `docs/routes.txt`, and for the test that no route goes untested. */
export async function listRoutes(): Promise<string> {
  const lines: string[] = [];
  const config = parseConfig({ ENVIRONMENT: 'test', LOG_LEVEL: 'error' });
  // Describing the routes uses no dependency but these: nothing is opened and no handler runs.
  const described = {
    config,
    logger: createLogger(config),
    readiness: { phase: 'starting' },
  } as Dependencies;
  const app = await buildApp(described, (server) => collectRoutes(server, lines));
  await app.close();
  return `${[...new Set(lines)].toSorted().join('\n')}\n`;
}

function collectRoutes(app: FastifyInstance, lines: string[]): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    const [first = ''] = [method].flat();
    if (first === 'HEAD' || first === 'OPTIONS' || url.startsWith('/docs')) return;
    lines.push(`${first.padEnd(6)} ${url.padEnd(42)} ${config?.guard ?? 'NO GUARD'}`);
  });
}
