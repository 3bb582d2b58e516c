import type { TestContext } from 'node:test';
import { buildApp } from '../src/app.ts';
import { createAccessTokens } from '../src/domain/access-tokens/access-token.ts';
import { createDatabase } from '../src/platform/database/database.ts';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { createLogger } from '../src/platform/logging/logger.ts';
import { type Api, createApi } from './api.ts';
import type { TestApp } from './test-app.ts';

/** Nothing listens on port 1. No answer and no log may show the parts of this URL. */
const nowhere = 'postgresql://dbuser:dbsecret@127.0.0.1:1/dbname';

/** The same service with the same keys, but with an unreachable database. */
export async function startWithoutDatabase(
  t: TestContext,
  test: TestApp,
): Promise<{ api: Api; logs: () => string }> {
  const { config, jobs, limits, keys, hasher, clock } = test;
  const lines: string[] = [];
  const logger = createLogger(config, { write: (line) => void lines.push(line) });
  const engine = openPostgres({ url: nowhere, poolSize: 2 });
  const db = createDatabase(engine.pool, () => {});
  const accessTokens = await createAccessTokens(keys, config.accessTokenSeconds, () => clock.now());
  const readiness = { phase: 'serving' as const };
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
  return { api: createApi(app), logs: () => lines.join('') };
}
