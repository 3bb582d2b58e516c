import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../../platform/database/database.ts';
import { countMails } from './mail-store.ts';

/** Registers the mail metrics; the returned function updates them from the table. */
export function addMailMetrics(registry: Registry, db: Database): () => Promise<void> {
  const registers = [registry];
  const mails = new Gauge({
    name: 'adl_mails',
    help: 'Mails by status: queued, sent, kept (in development) and dead',
    labelNames: ['status'],
    registers,
  });
  const failed = new Gauge({
    name: 'adl_mail_attempts_failed',
    help: 'Failed attempts to send the mails that are still in the table',
    registers,
  });
  const oldest = new Gauge({
    name: 'adl_mail_oldest_queued_seconds',
    help: 'Age of the oldest queued mail; 0 if none is queued',
    registers,
  });
  return async () => {
    const counts = await countMails(db);
    for (const [status, count] of Object.entries(counts.byStatus)) mails.set({ status }, count);
    failed.set(counts.failedAttempts);
    oldest.set(counts.oldestQueuedSeconds);
  };
}
