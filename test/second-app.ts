import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { buildApp } from '../src/app.ts';
import { createAccessTokens } from '../src/domain/access-tokens/access-token.ts';
import { createSigningKeys } from '../src/domain/signing-keys/signing-keys.ts';
import { createDatabase } from '../src/platform/database/database.ts';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { createLogger } from '../src/platform/logging/logger.ts';
import { type Api, createApi } from './api.ts';
import type { TestApp } from './test-app.ts';

/** Nothing listens on port 1. No answer and no log may show the parts of this URL. */
const nowhere = 'postgresql://dbuser:dbsecret@127.0.0.1:1/dbname';

type SecondService = { api: Api; logs: () => string };

/** The same service with the same keys, but with an unreachable database. */
export function startWithoutDatabase(t: TestContext, test: TestApp): Promise<SecondService> {
  return startBeside(t, test, nowhere);
}

/** A second service on the same PostgreSQL database with its own connections. */
export async function startReplica(t: TestContext, test: TestApp): Promise<Api> {
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(test.db);
  const url = new URL(process.env.TEST_DATABASE_URL ?? '');
  url.pathname = `/${rows[0]?.name}`;
  return (await startBeside(t, test, url.href)).api;
}

async function startBeside(t: TestContext, test: TestApp, url: string): Promise<SecondService> {
  const { config, jobs, limits, keys, hasher, clock } = test;
  const lines: string[] = [];
  const logger = createLogger(config, { write: (line) => void lines.push(line) });
  const engine = openPostgres({ url, poolSize: 5 });
  const db = createDatabase(engine.pool, () => {});
  // A process that has started knows the keys, and goes on without the database.
  const ofDatabase = url === nowhere ? test.db : db;
  const signingKeys = createSigningKeys({ db: ofDatabase, keys, config, logger });
  await signingKeys.reload();
  const accessTokens = createAccessTokens({ keys, signingKeys, config }, () => clock.now());
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
    signingKeys,
    serviceTokens: test.deps.serviceTokens,
    challenges: test.deps.challenges,
    breachedPasswords: test.deps.breachedPasswords,
    readiness,
  });
  await app.ready();
  t.after(async () => {
    await app.close();
    await engine.close();
  });
  return { api: createApi(app), logs: () => lines.join('') };
}
