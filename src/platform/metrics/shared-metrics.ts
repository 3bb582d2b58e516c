import cluster from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import { registry } from './registry.ts';

type Message = { metricsWanted?: number; metrics?: { id: number; text: string } };

const waiting = new Map<number, (text: string) => void>();
const answerMilliseconds = 6000;
let asked = 0;

/** In a server process: lets the supervisor read its metrics, and hears those of all. */
export function shareOwnMetrics(): void {
  AggregatorRegistry.setRegistries([registry]);
  void new AggregatorRegistry();
  process.on('message', ({ metrics }: Message) => {
    if (metrics !== undefined) waiting.get(metrics.id)?.(metrics.text);
  });
}

/** In the supervisor: answers a server process that was asked for the metrics of all. */
export function collectMetrics(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', (worker, { metricsWanted: id }: Message) => {
    if (id === undefined) return;
    void all.clusterMetrics().then(
      (text) => worker.isConnected() && worker.send({ metrics: { id, text } }),
      // A server process did not answer; the one that asked gives its own.
      () => {},
    );
  });
}

/** Of all processes of `WEB_CONCURRENCY`; of this one alone if the supervisor does not answer. */
export async function metricsOfAll(): Promise<string> {
  if (!cluster.isWorker || !process.connected) return registry.metrics();
  asked += 1;
  const id = asked;
  const { promise, resolve } = Promise.withResolvers<string | null>();
  waiting.set(id, resolve);
  const timer = setTimeout(() => resolve(null), answerMilliseconds);
  process.send?.({ metricsWanted: id });
  const text = await promise;
  clearTimeout(timer);
  waiting.delete(id);
  return text ?? registry.metrics();
}
