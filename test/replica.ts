import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { buildApp } from '../src/app.ts';
import { createAccessTokens } from '../src/domain/access-tokens/access-token.ts';
import { createDatabase } from '../src/platform/database/database.ts';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { createLogger } from '../src/platform/logging/logger.ts';
import { type Api, createApi } from './api.ts';
import type { TestApp } from './test-app.ts';

/**
 * A second service on the same PostgreSQL database with its own connections; it ends with the test.
 */
export async function startReplica(t: TestContext, test: TestApp): Promise<Api> {
  const { config, jobs, limits, keys, hasher, readiness, clock } = test;
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(test.db);
  const url = new URL(process.env.TEST_DATABASE_URL ?? '');
  url.pathname = `/${rows[0]?.name}`;
  const engine = openPostgres({ url: url.href, poolSize: 5 });
  const db = createDatabase(engine.pool, () => {});
  const logger = createLogger(config, { write: () => {} });
  const accessTokens = await createAccessTokens(keys, config.accessTokenSeconds, () => clock.now());
  const app = await buildApp({
    config,
    logger,
    engine,
    db,
    jobs,
    limits,
    keys,
    hasher,
    accessTokens,
    readiness,
  });
  await app.ready();
  t.after(async () => {
    await app.close();
    await engine.close();
  });
  return createApi(app);
}
