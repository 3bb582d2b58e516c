import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../../platform/database/database.ts';
import { countForMetrics } from './chain-store.ts';

/**
 * Registers the metrics of the audit log and returns a function that updates them from the tables.
 */
export function addAuditMetrics(registry: Registry, db: Database): () => Promise<void> {
  const registers = [registry];
  const unchained = new Gauge({
    name: 'adl_audit_unchained_events',
    help: 'Security events that wait to be chained; 100000 stands for any larger number',
    registers,
  });
  const oldest = new Gauge({
    name: 'adl_audit_oldest_unchained_seconds',
    help: 'Age of the oldest security event that waits to be chained; 0 if none does',
    registers,
  });
  const breaks = new Gauge({
    name: 'adl_audit_chain_breaks',
    help: 'How often the job found that the chain had been changed from outside, within the retention time',
    registers,
  });
  return async () => {
    const counts = await countForMetrics(db);
    unchained.set(counts.unchained);
    oldest.set(counts.oldestSeconds);
    breaks.set(counts.breaks);
  };
}
