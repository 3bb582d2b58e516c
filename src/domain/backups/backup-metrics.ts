import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../../platform/database/database.ts';
import { readBackupState } from './backup-store.ts';

/** Registers the metrics of backups and returns a function that updates them from the table. */
export function addBackupMetrics(registry: Registry, db: Database): () => Promise<void> {
  const registers = [registry];
  const last = new Gauge({
    name: 'adl_backup_last_timestamp_seconds',
    help: 'When the newest backup was taken; 0 if there is none',
    registers,
  });
  const lastVerified = new Gauge({
    name: 'adl_backup_last_verified_timestamp_seconds',
    help: 'When the newest backup was taken that has been verified; 0 if there is none',
    registers,
  });
  return async () => {
    const state = await readBackupState(db);
    last.set((state.last?.getTime() ?? 0) / 1000);
    lastVerified.set((state.lastVerified?.getTime() ?? 0) / 1000);
  };
}
