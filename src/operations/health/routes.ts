import { z } from 'zod';
import { anyone, anyoneUncounted } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { version } from '../../configuration/version.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { errors, timestamp } from '../../platform/http/schemas.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';
import { readBuiltPages } from '../../platform/pages/built-pages.ts';
import { createFirstRunCheck } from '../pages/first-run.ts';
import { addArrivalRoute } from './arrival.ts';
import { createDatabaseProbe } from './database-probe.ts';

const link = z.string().max(100);
const welcomeSchema = z.object({
  message: z.string().max(200).meta({ example: 'Welcome to ADL Production API!' }),
  version: z.string().max(50),
  docs: link,
  redoc: link,
  health: link,
  app: link,
});

const toPages = z
  .null()
  .describe('A browser is redirected to the pages, or else to the documentation');

const healthSchema = z
  .object({
    status: z.enum(['healthy', 'unhealthy']),
    timestamp,
    version: z.string().max(50),
    environment: z.string().max(50),
    project: z.string().max(100),
    database: z.object({ connected: z.boolean(), error: z.enum(['unreachable']).nullable() }),
    email_configured: z.boolean(),
    clock: z
      .object({ skew_seconds: z.number().min(-1e9).max(1e9).nullable() })
      .describe('By how much the clock of the database is ahead; null before it was measured'),
  })
  .meta({ id: 'Health' });

const probeSchema = z.object({
  status: z.enum(['live', 'ready', 'starting', 'draining', 'database_unreachable']),
});

export function addSystemRoutes(app: HttpServer, deps: RouteDependencies): void {
  const { config, readiness } = deps;
  const tags = ['System'];
  const databaseAnswers = createDatabaseProbe(deps.db);
  addArrivalRoute(app, deps);
  const firstPage = createFirstPage(deps);

  app.get(
    '/',
    {
      ...anyone,
      schema: {
        tags,
        summary: 'Welcome',
        response: { 200: welcomeSchema, 302: toPages, ...errors([429]) },
      },
    },
    async (request, reply) => {
      const page = request.headers.accept?.includes('text/html') ? await firstPage() : null;
      if (page !== null) return reply.headers(pageHeaders()).redirect(page, 302);
      const message = `Welcome to ${config.projectName} API!`;
      return { message, version, docs: '/docs', redoc: '/redoc', health: '/health', app: '/app' };
    },
  );

  app.get(
    '/health',
    {
      ...anyoneUncounted,
      schema: {
        tags,
        summary: 'Health of the service',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const connected = await databaseAnswers();
      if (!connected) reply.header('retry-after', '1');
      return reply.code(connected ? 200 : 503).send({
        status: connected ? ('healthy' as const) : ('unhealthy' as const),
        timestamp: new Date().toISOString(),
        version,
        environment: config.environment,
        project: config.projectName,
        database: { connected, error: connected ? null : ('unreachable' as const) },
        email_configured: config.smtp.host !== undefined,
        clock: { skew_seconds: readiness.clockSkewSeconds?.() ?? null },
      });
    },
  );

  app.get(
    '/health/live',
    {
      ...anyoneUncounted,
      schema: { tags, summary: 'Liveness: the process runs', response: { 200: probeSchema } },
    },
    async () => ({ status: 'live' as const }),
  );

  app.get(
    '/health/ready',
    {
      ...anyoneUncounted,
      schema: {
        tags,
        summary: 'Readiness: database reachable, migrations done, not draining',
        response: { 200: probeSchema, 503: probeSchema },
      },
    },
    async (_request, reply) => {
      const { phase } = readiness;
      if (phase === 'serving' && (await databaseAnswers())) return { status: 'ready' as const };
      const status = phase === 'serving' ? ('database_unreachable' as const) : phase;
      return reply.code(503).header('retry-after', '1').send({ status });
    },
  );
}

/** Where a browser begins; null if there is nothing to see. */
function createFirstPage({ config, db }: RouteDependencies): () => Promise<string | null> {
  if (readBuiltPages() === null) return async () => (config.docsEnabled ? '/docs' : null);
  const isFirstRun = createFirstRunCheck(db);
  return async () => ((await isFirstRun()) ? '/app/setup' : '/app');
}
