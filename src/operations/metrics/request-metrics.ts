import { Histogram } from 'prom-client';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { registry } from '../../platform/metrics/registry.ts';

const durations = new Histogram({
  name: 'adl_http_request_duration_seconds',
  help: 'Time from the head of a request to the end of its answer, by route',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [registry],
});

/** Labels are bounded: the route's template, never a path, and `unmatched` for all others. */
export function measureRequests(app: HttpServer): void {
  app.addHook('onResponse', (request, reply, next) => {
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    durations.observe(labels, reply.elapsedTime / 1000);
    next();
  });
}
