import { unsharedConfig } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { notFound } from '../../platform/errors.ts';
import { cidrListContains } from '../../platform/http/cidr.ts';
import {
  hasForwardingHeader,
  isForeignPage,
  isOwnHost,
  peerAddress,
} from '../../platform/http/client-address.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { droppedLines } from '../../platform/logging/dropped-lines.ts';

type Deps = Pick<RouteDependencies, 'db' | 'config'>;

/** Prometheus metrics for callers in `METRICS_ALLOW`; everyone else gets a 404. */
export function addMetricsRoute(app: HttpServer, deps: Deps): void {
  const { metricsAllow, trustedProxies, publicUrl } = deps.config;
  let opening: ReturnType<typeof openMetrics> | undefined;

  app.get('/metrics', { config: unsharedConfig, schema: { hide: true } }, async (request, reply) => {
    const peer = peerAddress(request.raw);
    // A request through an unknown proxy could come from anyone.
    const isForwarded = hasForwardingHeader(request.raw) && !cidrListContains(trustedProxies, peer);
    const addresses = [peer, request.clientAddress];
    const isForeign = !isOwnHost(request.raw, publicUrl) || isForeignPage(request.raw);
    if (isForeign || isForwarded || !addresses.every((address) => cidrListContains(metricsAllow, address))) {
      throw notFound("The requested resource '/metrics' was not found");
    }
    // Loaded on the first scrape: most small services are never scraped.
    opening ??= openMetrics(deps);
    const { registry, refresh } = await opening;
    await refresh();
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

async function openMetrics({ db }: Pick<Deps, 'db'>) {
  const [{ Counter, Registry }, { addMailMetrics }, { addAuditMetrics }] = await Promise.all([
    import('prom-client'),
    import('../../domain/outbox/mail-metrics.ts'),
    import('../../domain/audit/audit-metrics.ts'),
  ]);
  const registry = new Registry();
  const dropped = new Counter({
    name: 'adl_log_lines_dropped_total',
    help: 'Log lines dropped because standard output was blocked, over all processes',
    registers: [registry],
  });
  const countMails = addMailMetrics(registry, db);
  const countEvents = addAuditMetrics(registry, db);
  const refresh = async (): Promise<void> => {
    dropped.reset();
    dropped.inc(droppedLines());
    await countMails();
    await countEvents();
  };
  return { registry, refresh };
}
