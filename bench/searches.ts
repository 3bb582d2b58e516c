import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../src/platform/database/database.ts';
import { openEmbedded } from '../src/platform/database/embedded-engine.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { insertBulkUsers } from '../test/bulk-users.ts';
import { credentialsOf } from '../test/factories.ts';
import { type Figure, median, percentile } from './figure.ts';
import { post, timeGet } from './json-requests.ts';
import { npmStart } from './npm-start.ts';

const root = join(import.meta.dirname, '..');
const users = 100_000;
const searchesAtOnce = 15;
const probeMilliseconds = 20;
const account = {
  username: 'bench',
  email: 'bench@example.com',
  password: 'violet harbour anvil 93',
};

const searches = [
  { name: 'that find nothing', query: 'q=nobody' },
  { name: 'that find everybody', query: 'q=bulk&sort=username&page=400' },
];

/**
 * What others notice of many searches at once on the embedded database, which has the thread of the
 * process.
 */
export async function measureSearches(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  await fillDatabase(dataDir);
  const limitsOff = { RATE_LIMIT_PER_HOUR: '0', RATE_LIMIT_ACCOUNT_PER_HOUR: '0' };
  const service = await npmStart(root, { DATA_DIR: dataDir, LOG_LEVEL: 'warn', ...limitsOff });
  await post(`${service.url}/api/admins/register`, account);
  const { access_token: token } = await post(
    `${service.url}/api/admins/login`,
    credentialsOf(account),
  );
  const figures: Figure[] = [];
  for (const { name, query } of searches) {
    // 503: too many search at once.
    const search = () =>
      timeGet(`${service.url}/api/admins/users?${query}`, String(token), [200, 503]);
    const alone: number[] = [];
    for (let count = 0; count < 5; count += 1) alone.push(await search());
    figures.push({
      name: `one search of those ${name}, median`,
      value: median(alone),
      unit: 'ms',
      bar: 1000,
    });
    const probes = await probeDuring(`${service.url}/health/live`, () =>
      Promise.all(Array.from({ length: searchesAtOnce }, search)),
    );
    const p99 = percentile(probes, 0.99);
    figures.push({
      name: `15 searches ${name}: /health/live p99`,
      value: p99,
      unit: 'ms',
      bar: 250,
    });
  }
  await service.stop();
  rmSync(dataDir, { recursive: true });
  return figures;
}

async function fillDatabase(dataDir: string): Promise<void> {
  const engine = await openEmbedded(dataDir);
  await migrate(await engine.openMigrationConnection());
  await insertBulkUsers(
    createDatabase(engine.pool, () => {}),
    users,
  );
  await engine.close();
}

/**
 * Asked at a steady pace, whether the one before is answered or not: a frozen process shows in all
 * that come meanwhile.
 */
async function probeDuring(url: string, work: () => Promise<unknown>): Promise<number[]> {
  const probes = [timeGet(url)];
  const timer = setInterval(() => probes.push(timeGet(url)), probeMilliseconds);
  await work();
  clearInterval(timer);
  return Promise.all(probes);
}
