import { Counter, collectDefaultMetrics, Gauge } from 'prom-client';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { registry } from '../../platform/metrics/registry.ts';

type Deps = Pick<RouteDependencies, 'hasher' | 'engine' | 'readiness'>;

// A registry knows each metric once; a test starts several services in one process.
let current: Deps | null = null;
let hashesTold = 0;

/**
 * Of the process, its event loop and its heap; of the hash queue and the database's connections.
 */
export function measureProcess(deps: Deps): void {
  if (current === null) registerAll();
  current = deps;
  hashesTold = 0;
}

function registerAll(): void {
  collectDefaultMetrics({ register: registry });
  gauge(
    'adl_hash_queue_waiting',
    'Passwords that wait to be hashed',
    ({ hasher }) => hasher.state.queued,
  );
  gauge(
    'adl_hash_queue_capacity',
    'How many passwords may wait',
    ({ hasher }) => hasher.state.capacity,
  );
  gauge('adl_hash_threads', 'Threads that hash passwords', ({ hasher }) => hasher.state.threads);
  gauge('adl_hash_threads_busy', 'Threads that hash one now', ({ hasher }) => hasher.state.running);
  const seconds = ({ hasher }: Deps) => hasher.state.hashMs / 1000;
  gauge('adl_hash_seconds', 'How long a hash takes, a moving average', seconds, 'average');
  const skew = 'By how much the clock of the database is ahead of that of this process';
  gauge(
    'adl_clock_skew_seconds',
    skew,
    ({ readiness }) => readiness.clockSkewSeconds?.() ?? 0,
    'max',
  );
  const started = Date.now() / 1000 - process.uptime();
  // prom-client leaves its own out of the sum over several processes.
  const name = 'adl_newest_process_start_timestamp_seconds';
  gauge(name, 'When the newest server process started', () => started, 'max');
  countHashes();
  countConnections();
}

function gauge(
  name: string,
  help: string,
  read: (deps: Deps) => number,
  aggregator: 'sum' | 'average' | 'max' = 'sum',
): void {
  void new Gauge({
    name,
    help,
    aggregator,
    registers: [registry],
    collect() {
      if (current) this.set(read(current));
    },
  });
}

function countHashes(): void {
  void new Counter({
    name: 'adl_hashes_total',
    help: 'Passwords hashed or verified',
    registers: [registry],
    collect() {
      const completed = current?.hasher.state.completed ?? 0;
      this.inc(Math.max(0, completed - hashesTold));
      hashesTold = completed;
    },
  });
}

function countConnections(): void {
  void new Gauge({
    name: 'adl_database_connections',
    help: 'Connections to the database by state; waiting: requests that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      if (!current) return;
      for (const [state, count] of Object.entries(current.engine.connections()))
        this.set({ state }, count);
    },
  });
}
