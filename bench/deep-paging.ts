import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createDatabase } from '../src/platform/database/database.ts';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { insertBulkUsers } from '../test/bulk-users.ts';
import { credentialsOf } from '../test/factories.ts';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { type Figure, percentile } from './figure.ts';
import { post, timeGet } from './json-requests.ts';
import { npmStart } from './npm-start.ts';

const root = join(import.meta.dirname, '..');
const users = 100_000;
const requests = 60;
const account = {
  username: 'bench',
  email: 'bench@example.com',
  password: 'violet harbour anvil 93',
};

// The limits of cases H04 and H06.
const queries = [
  { name: 'the last page', query: 'page=1000&page_size=100', bar: 300 },
  { name: 'a deep page of active users', query: 'page=900&page_size=100&is_active=true', bar: 300 },
  { name: 'a middle page by name', query: 'page=500&page_size=100&sort=username', bar: 300 },
  { name: 'a search with a hundred matches', query: 'q=needle', bar: 200 },
  { name: 'a search with no match', query: 'q=%25%25%25%25%25%25%25%25a', bar: 200 },
];

/** The list of users at its greatest depth, one request after the other. */
export async function measureDeepPaging(): Promise<Figure[]> {
  const postgres = await startPrivatePostgres();
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const service = await npmStart(root, {
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url(),
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_HOUR: '0',
    RATE_LIMIT_ACCOUNT_PER_HOUR: '0',
  });
  await fillDatabase(postgres.url());
  await post(`${service.url}/api/admins/register`, account);
  const { access_token: token } = await post(
    `${service.url}/api/admins/login`,
    credentialsOf(account),
  );
  const figures: Figure[] = [];
  for (const { name, query, bar } of queries) {
    const latencies = await listAgainAndAgain(
      `${service.url}/api/admins/users?${query}`,
      String(token),
    );
    figures.push({
      name: `GET users p95, ${users} rows: ${name}`,
      value: percentile(latencies, 0.95),
      unit: 'ms',
      bar,
    });
  }
  await service.stop();
  await postgres.destroy();
  rmSync(dataDir, { recursive: true });
  return figures;
}

async function fillDatabase(url: string): Promise<void> {
  const engine = openPostgres({ url, poolSize: 1 });
  const db = createDatabase(engine.pool, () => {});
  await insertBulkUsers(db, users);
  await sql`ANALYZE users`.execute(db);
  await engine.close();
}

async function listAgainAndAgain(url: string, token: string): Promise<number[]> {
  const latencies: number[] = [];
  for (let count = 0; count < requests; count += 1) {
    latencies.push(await timeGet(url, token));
  }
  return latencies;
}
