import { Gauge, type Registry } from 'prom-client';
import { durations } from '../../platform/durations.ts';
import type { Dependencies } from '../dependencies.ts';
import { countForMetrics } from './chain-store.ts';
import { keyInUseSince } from './key-age.ts';
import { findLastVerification } from './record-verification.ts';
import { recentEntries, verifyRecentEntries } from './verify-recent-entries.ts';

type Deps = Pick<Dependencies, 'db' | 'keys'>;

/**
 * Registers the metrics of the audit log and returns a function that updates them from the tables.
 */
export function addAuditMetrics(registry: Registry, deps: Deps): () => Promise<void> {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const unchained = gauge(
    'adl_audit_unchained_events',
    'Security events that wait to be chained; 100000 stands for any larger number',
  );
  const oldest = gauge(
    'adl_audit_oldest_unchained_seconds',
    'Age of the oldest security event that waits to be chained; 0 if none does',
  );
  const breaks = gauge(
    'adl_audit_chain_breaks',
    'How often the job found that the chain had been changed from outside, within the retention time',
  );
  const updateChecked = addCheckedMetrics(gauge, deps);
  return async () => {
    const counts = await countForMetrics(deps.db);
    unchained.set(counts.unchained);
    oldest.set(counts.oldestSeconds);
    breaks.set(counts.breaks);
    await updateChecked();
  };
}

type MakeGauge = (name: string, help: string) => Gauge;

const checkMilliseconds = durations.minutes(1) * 1000;

/** What takes a while to find out: once a minute, however often somebody reads it. */
function addCheckedMetrics(gauge: MakeGauge, deps: Deps): () => Promise<void> {
  const position = gauge('adl_audit_chain_position', 'Position of the last entry of the chain');
  const faults = gauge(
    'adl_audit_recent_faults',
    `What is wrong with the newest ${recentEntries} entries of the chain`,
  );
  const verified = gauge(
    'adl_audit_last_verified_timestamp_seconds',
    'When adl audit verify last found the whole chain sound; 0 if it never did, or found faults since',
  );
  const keySince = gauge(
    'adl_secret_key_since_timestamp_seconds',
    'Since when SECRET_KEY is in use; 0 if nothing was chained with it yet',
  );
  let next = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() < next) return;
    const { end, findings } = await verifyRecentEntries(deps);
    const last = await findLastVerification(deps);
    const since = await keyInUseSince(deps.db, deps.keys.current.kid);
    position.set(Number(end?.position ?? 0));
    faults.set(findings.length);
    verified.set(last?.isSound ? last.at.getTime() / 1000 : 0);
    keySince.set((since?.getTime() ?? 0) / 1000);
    next = performance.now() + checkMilliseconds;
  };
}
