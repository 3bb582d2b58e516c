import { Counter, Registry } from 'prom-client';
import { unsharedConfig } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { addAuditMetrics } from '../../domain/audit/audit-metrics.ts';
import { addBackupMetrics } from '../../domain/backups/backup-metrics.ts';
import { addSigningKeyMetrics } from '../../domain/key-rotation/signing-key-metrics.ts';
import { addMailMetrics } from '../../domain/outbox/mail-metrics.ts';
import { addSessionMetrics } from '../../domain/sessions/session-metrics.ts';
import { notFound } from '../../platform/errors.ts';
import { cidrListContains } from '../../platform/http/cidr.ts';
import {
  hasForwardingHeader,
  isForeignPage,
  isOwnHost,
  peerAddress,
} from '../../platform/http/client-address.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { addJobMetrics } from '../../platform/jobs/job-metrics.ts';
import { droppedLines } from '../../platform/logging/dropped-lines.ts';
import { reasonOf } from '../../platform/logging/serialize-error.ts';
import { registry } from '../../platform/metrics/registry.ts';
import { metricsOfAll } from '../../platform/metrics/shared-metrics.ts';
import { measureProcess } from './process-metrics.ts';
import { measureRequests } from './request-metrics.ts';

type Deps = Pick<
  RouteDependencies,
  'db' | 'config' | 'keys' | 'logger' | 'hasher' | 'engine' | 'readiness'
>;

/** Prometheus metrics for callers in `METRICS_ALLOW`; everyone else gets a 404. */
export function addMetricsRoute(app: HttpServer, deps: Deps): void {
  const { metricsAllow, trustedProxies, publicUrl } = deps.config;
  measureRequests(app);
  measureProcess(deps);
  const sharedFacts = createSharedFacts(deps);

  app.get(
    '/metrics',
    { config: unsharedConfig, schema: { hide: true } },
    async (request, reply) => {
      const peer = peerAddress(request.raw);
      // A request through an unknown proxy could come from anyone.
      const isForwarded =
        hasForwardingHeader(request.raw) && !cidrListContains(trustedProxies, peer);
      const addresses = [peer, request.clientAddress];
      const isForeign = !isOwnHost(request.raw, publicUrl) || isForeignPage(request.raw);
      if (
        isForeign ||
        isForwarded ||
        !addresses.every((address) => cidrListContains(metricsAllow, address))
      ) {
        throw notFound("The requested resource '/metrics' was not found");
      }
      const shared = await sharedFacts();
      return reply.type(registry.contentType).send(`${await metricsOfAll()}${shared}`);
    },
  );
}

/** What all processes know alike. Without its database the service still shows how it fares. */
function createSharedFacts({
  db,
  keys,
  logger,
}: Pick<Deps, 'db' | 'keys' | 'logger'>): () => Promise<string> {
  const facts = new Registry();
  const dropped = new Counter({
    name: 'adl_log_lines_dropped_total',
    help: 'Log lines dropped because standard output was blocked, over all processes',
    registers: [facts],
  });
  const countMails = addMailMetrics(facts, db);
  const countEvents = addAuditMetrics(facts, { db, keys });
  const countSessions = addSessionMetrics(facts, db);
  const countJobs = addJobMetrics(facts, db);
  const readBackups = addBackupMetrics(facts, db);
  const readSigningKeys = addSigningKeyMetrics(facts, db);
  return async () => {
    dropped.reset();
    dropped.inc(droppedLines());
    try {
      await countMails();
      await countEvents();
      await countSessions();
      await countJobs();
      await readBackups();
      await readSigningKeys();
      return await facts.metrics();
    } catch (error) {
      logger.debug({ reason: reasonOf(error) }, 'What the database knows could not be counted');
      return facts.getSingleMetricAsString('adl_log_lines_dropped_total');
    }
  };
}
