import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { type Figure, median } from './figure.ts';
import { npmStart } from './npm-start.ts';

const root = join(import.meta.dirname, '..');
const rounds = 5;
// Memory is read after an idle period.
const idleMilliseconds = 3000;

/** How long the service takes to be ready with `npm start`, and its memory when idle. */
export async function measureStarts(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const first = await start({ DATA_DIR: join(dataDir, 'first') });
  const embedded = [];
  for (let round = 0; round < rounds; round += 1)
    embedded.push(await start({ DATA_DIR: join(dataDir, 'first') }));
  const postgres = await startPrivatePostgres();
  const onPostgres = [];
  for (let round = 0; round <= rounds; round += 1) {
    onPostgres.push(await start({ DATA_DIR: dataDir, DATABASE_URL: postgres.url() }));
  }
  await postgres.destroy();
  rmSync(dataDir, { recursive: true });
  // The first start creates the tables.
  const later = onPostgres.slice(1);
  return [
    {
      name: 'first start on an empty directory, embedded',
      value: first.seconds,
      unit: 's',
      bar: 4,
    },
    {
      name: 'later starts, embedded (median)',
      value: median(embedded.map((run) => run.seconds)),
      unit: 's',
      bar: 1.2,
    },
    {
      name: 'later starts, PostgreSQL (median)',
      value: median(later.map((run) => run.seconds)),
      unit: 's',
      bar: 0.8,
    },
    {
      name: 'resident memory, idle, after the first start, embedded',
      value: first.megabytes,
      unit: 'MB',
      bar: 250,
    },
    {
      name: 'resident memory, idle, embedded (median)',
      value: median(embedded.map((run) => run.megabytes)),
      unit: 'MB',
      bar: 250,
    },
    {
      name: 'resident memory, idle, PostgreSQL (median)',
      value: median(later.map((run) => run.megabytes)),
      unit: 'MB',
      bar: 130,
    },
  ];
}

async function start(env: Record<string, string>): Promise<{ seconds: number; megabytes: number }> {
  const service = await npmStart(root, env);
  await sleep(idleMilliseconds);
  const megabytes = service.residentMegabytes();
  await service.stop();
  return { seconds: service.readySeconds, megabytes };
}
