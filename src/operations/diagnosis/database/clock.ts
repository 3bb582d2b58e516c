import { sql } from 'kysely';
import type { Database } from '../../../platform/database/database.ts';
import { type Check, failed, ok, warning } from '../finding.ts';

const tolerableSeconds = 5;
/** By more, certificates and signed requests are judged wrongly. */
const wrongSeconds = 300;

/** Sessions, links and limits use the database's clock; logs and certificates this machine's. */
export function clockCheck(db: Database): Check {
  return {
    name: 'clock',
    run: async () => {
      const before = Date.now();
      const { rows } = await sql<{ now: Date }>`SELECT pg_catalog.now() AS now`.execute(db);
      const here = (before + Date.now()) / 2;
      const seconds = ((rows[0]?.now.getTime() ?? 0) - here) / 1000;
      const shown = `${Math.abs(seconds).toFixed(1)} s between this machine and the database`;
      const advice = 'Synchronise both with NTP (timedatectl set-ntp true)';
      if (Math.abs(seconds) > wrongSeconds) return failed(shown, advice);
      return Math.abs(seconds) > tolerableSeconds ? warning(shown, advice) : ok(shown);
    },
  };
}
