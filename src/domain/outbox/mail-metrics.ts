import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../../platform/database/database.ts';
import { countMails } from './mail-store.ts';

/**
 * Adds the mails to the metrics. The returned function counts them anew, from the table: the same from every process,
 * and right after a restart.
 */
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
    help: 'Attempts to send a mail that failed, of the mails still in the table',
    registers,
  });
  const oldest = new Gauge({
    name: 'adl_mail_oldest_queued_seconds',
    help: 'Age of the mail that has been waiting longest; 0 where none waits',
    registers,
  });
  return async () => {
    const counts = await countMails(db);
    for (const [status, count] of Object.entries(counts.byStatus)) mails.set({ status }, count);
    failed.set(counts.failedAttempts);
    oldest.set(counts.oldestQueuedSeconds);
  };
}
