import { pino } from 'pino';
import { parts } from '../../src/app.ts';
import { parseConfig } from '../../src/configuration/config.ts';
import type { Dependencies } from '../../src/domain/dependencies.ts';
import { createKeyRing } from '../../src/platform/crypto/secret-keys.ts';
import { createDatabase } from '../../src/platform/database/database.ts';
import { openEmbedded } from '../../src/platform/database/embedded-engine.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { openPostgres } from '../../src/platform/database/postgres-engine.ts';
import { createJobQueue } from '../../src/platform/jobs/job-queue.ts';
import { jobNames } from '../../src/process/background-work.ts';

type Environment = Record<string, string | undefined>;

/** The domain on the database of the environment, migrated, without HTTP, hashing and workers. */
export async function openDomain(env: Environment = process.env) {
  const config = parseConfig(env);
  const { databaseUrl: url } = config;
  const engine =
    url === undefined ? await openEmbedded(config.dataDir) : openPostgres({ url, poolSize: 3 });
  const connection = await engine.openMigrationConnection();
  await migrate(connection);
  await connection.close();
  const logger = pino({ enabled: false });
  const jobs = createJobQueue(engine, logger, false);
  await jobs.open(jobNames(parts));
  const db = createDatabase(engine.pool, () => {});
  const keys = createKeyRing(config.secretKey ?? '');
  const deps = { config, logger, engine, db, jobs, keys } as unknown as Dependencies;
  const close = async () => {
    await jobs.close();
    await engine.close();
  };
  return { deps, close };
}
