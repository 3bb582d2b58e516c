import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../../platform/database/database.ts';
import { readSigningSince } from '../signing-keys/signing-key-store.ts';

/** Registers the metric and returns a function that updates it from the table. */
export function addSigningKeyMetrics(registry: Registry, db: Database): () => Promise<void> {
  const since = new Gauge({
    name: 'adl_signing_key_since_timestamp_seconds',
    help: 'When the key that signs access tokens began to sign; 0 if there is none',
    registers: [registry],
  });
  return async () => {
    since.set(((await readSigningSince(db))?.getTime() ?? 0) / 1000);
  };
}
