import { Registry } from 'prom-client';
import type { Dependencies } from '../../dependencies.ts';
import { notFound } from '../../errors.ts';
import { cidrListContains } from '../../platform/http/cidr.ts';
import { hasForwardingHeader, peerAddress } from '../../platform/http/client-address.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { addMailMetrics } from '../mail/mail-metrics.ts';
import { anyone } from '../sessions/authenticate.ts';

type Deps = Pick<Dependencies, 'db' | 'config'>;

/** Prometheus text, for those in `METRICS_ALLOW`; to everybody else there is no such path. */
export function addMetricsRoute(app: HttpServer, deps: Deps): void {
  const { metricsAllow, trustedProxies } = deps.config;
  const registry = new Registry();
  const countMails = addMailMetrics(registry, deps.db);

  app.get('/metrics', { ...anyone, schema: { hide: true } }, async (request, reply) => {
    const peer = peerAddress(request.raw);
    // Whoever comes through a proxy that nobody told us of could be anybody.
    const isForwarded = hasForwardingHeader(request.raw) && !cidrListContains(trustedProxies, peer);
    const addresses = [peer, request.clientAddress];
    if (isForwarded || !addresses.every((address) => cidrListContains(metricsAllow, address))) {
      throw notFound("The requested resource '/metrics' was not found");
    }
    await countMails();
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
