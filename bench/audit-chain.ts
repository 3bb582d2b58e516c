import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { chainAuditEvents } from '../src/domain/audit/chain-audit-events.ts';
import { createKeyRing } from '../src/platform/crypto/secret-keys.ts';
import { createDatabase, type Database } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { createLogger } from '../src/platform/logging/logger.ts';
import { recordEvents } from '../test/audit-chain-calls.ts';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import type { TestApp } from '../test/test-app.ts';
import type { Figure } from './figure.ts';

const eventsPerDay = 1_000_000;
const secondsBetweenRuns = 5;
const eventsPerRun = Math.round((eventsPerDay / (24 * 60 * 60)) * secondsBetweenRuns);
const runs = 100;

/** What the chain job costs, in this process and in the database's, beside a day's events. */
export async function measureAuditChain(): Promise<Figure[]> {
  const postgres = await startPrivatePostgres();
  const [job, others] = [1, 2].map(() => openPostgres({ url: postgres.url(), poolSize: 1 })) as [
    ReturnType<typeof openPostgres>,
    ReturnType<typeof openPostgres>,
  ];
  const [jobDb, othersDb] = [job, others].map(({ pool }) => createDatabase(pool, () => {})) as [
    Database,
    Database,
  ];
  const connection = await job.openMigrationConnection();
  await migrate(connection);
  await fillWithOldEvents(connection);
  await connection.close();
  const keys = createKeyRing('the secret of the benchmark');
  const logger = createLogger({ logLevel: 'error', logFormat: 'json' } as never, process.stderr);
  const deps = { db: jobDb, keys, logger };
  const recording = {
    db: othersDb,
    keys,
    deps: { ...deps, db: othersDb } as unknown as TestApp['deps'],
  };
  const pid = await backendOf(jobDb);
  const spent = { node: 0, postgres: 0 };
  for (let run = 0; run < runs; run += 1) {
    await recordEvents(recording, eventsPerRun);
    const before = { node: ownCpuSeconds(), postgres: cpuSecondsOf(pid) };
    await chainAuditEvents(deps);
    spent.node += ownCpuSeconds() - before.node;
    spent.postgres += cpuSecondsOf(pid) - before.postgres;
  }
  const events = runs * eventsPerRun;
  await Promise.all([job.close(), others.close()]);
  await postgres.destroy();
  const share = (seconds: number) => (100 * seconds * eventsPerDay) / events / (24 * 60 * 60);
  const name = `chain job, ${eventsPerDay} events a day`;
  return [
    { name: `${name}: the service`, value: share(spent.node), unit: '% of a core', bar: 5 },
    {
      name: `${name}: and PostgreSQL`,
      value: share(spent.node + spent.postgres),
      unit: '% of a core',
      bar: 5,
    },
  ];
}

/** A day's events that are already in the chain, for indexes of a true size. */
async function fillWithOldEvents(connection: {
  query(text: string): Promise<unknown>;
}): Promise<void> {
  await connection.query(`INSERT INTO audit_events
    (id, occurred_at, event, outcome, subject_kind, subject_id, ip, details, is_chained)
    SELECT gen_random_uuid(), now() - make_interval(secs => n), 'sign_in', 'success', 'user', gen_random_uuid(),
           '203.0.113.9', '{}', true FROM generate_series(1, ${eventsPerDay}) AS n`);
  await connection.query('VACUUM ANALYZE audit_events');
}

async function backendOf(db: Database): Promise<number> {
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(db);
  return rows[0]?.pid ?? 0;
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** User and system time of a process, in ticks of 10 ms. */
function cpuSecondsOf(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '';
  const fields = afterName.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
