import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { dataDir as emptyCluster } from '@electric-sql/pglite-prepopulatedfs';
import pg from 'pg';
import { pino } from 'pino';
import { parts } from '../src/app.ts';
import type { DatabaseEngine } from '../src/platform/database/database.ts';
import { embeddedEngine, embeddedOptions } from '../src/platform/database/embedded-engine.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { createJobQueue } from '../src/platform/jobs/job-queue.ts';
import { jobNames } from '../src/process/background-work.ts';
import { embeddedTemplateFile, movableClock, templateVersion } from './template-version.ts';

/** Twenty requests at once still get their turns where the machine is busy with something else. */
const waitMilliseconds = 20_000;

const searchPath = 'test_clock, public, pg_catalog';

export const onPostgres = process.env.TEST_DATABASE_URL !== undefined;

/** Deletes the copies. */
const endings = new Map<DatabaseEngine, () => Promise<unknown>>();

/** An engine on its own copy of a migrated template. Files that share a process each get one. */
export async function openTestEngine(): Promise<DatabaseEngine> {
  const url = process.env.TEST_DATABASE_URL;
  return url === undefined ? openEmbeddedCopy() : openPostgresCopy(url);
}

/** An engine on a database with nothing in it. */
export async function openEmptyEngine(): Promise<DatabaseEngine> {
  const url = process.env.TEST_DATABASE_URL;
  if (url === undefined) {
    const pglite = await PGlite.create(embeddedOptions({ loadDataDir: await emptyCluster() }));
    const engine = embeddedEngine(pglite, () => {}, waitMilliseconds);
    endings.set(engine, () => engine.close());
    return engine;
  }
  const name = `adl_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await asAdministrator(url, (client) => client.query(`CREATE DATABASE ${name}`));
  return openAndDrop(url, name);
}

/** Closes it and deletes its copy. */
export async function closeTestEngine(engine: DatabaseEngine): Promise<void> {
  await endings.get(engine)?.();
  endings.delete(engine);
}

async function openEmbeddedCopy(): Promise<DatabaseEngine> {
  const file = await prepareEmbeddedTemplate();
  const pglite = await PGlite.create(
    embeddedOptions({ loadDataDir: new Blob([readFileSync(file)]) }),
  );
  await pglite.exec(`SET search_path = ${searchPath}`);
  const engine = embeddedEngine(pglite, () => {}, waitMilliseconds);
  endings.set(engine, () => engine.close());
  return engine;
}

/** Makes the template where it is missing, and gives its file. */
export async function prepareEmbeddedTemplate(): Promise<string> {
  const file = embeddedTemplateFile();
  if (!existsSync(file)) await makeEmbeddedTemplate(file);
  return file;
}

async function makeEmbeddedTemplate(file: string): Promise<void> {
  const pglite = await PGlite.create(embeddedOptions({ loadDataDir: await emptyCluster() }));
  const engine = embeddedEngine(pglite, () => {});
  await migrate(await engine.openMigrationConnection());
  await makeJobTables(engine);
  await pglite.exec(movableClock);
  const dump = await pglite.dumpDataDir('none');
  await engine.close();
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, Buffer.from(await dump.arrayBuffer()));
  renameSync(unfinished, file);
}

async function makeJobTables(engine: DatabaseEngine): Promise<void> {
  const jobs = createJobQueue(engine, pino({ enabled: false }), false);
  await jobs.open(jobNames(parts));
  await jobs.close();
}

async function openPostgresCopy(url: string): Promise<DatabaseEngine> {
  const template = `adl_template_${templateVersion()}`;
  const name = `adl_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await asAdministrator(url, async (client) => {
    await client.query('SELECT pg_advisory_lock(42)');
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [
      template,
    ]);
    if (rowCount === 0) await makePostgresTemplate(url, client, template);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    await client.query(`ALTER DATABASE ${name} SET search_path = ${searchPath}`);
  });
  return openAndDrop(url, name);
}

function openAndDrop(url: string, name: string): DatabaseEngine {
  const engine = openPostgres({ url: databaseUrl(url, name), poolSize: 5 });
  endings.set(engine, async () => {
    await engine.close();
    await asAdministrator(url, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  });
  return engine;
}

async function makePostgresTemplate(
  url: string,
  administrator: pg.Client,
  template: string,
): Promise<void> {
  const unfinished = `${template}_unfinished`;
  await administrator.query(`DROP DATABASE IF EXISTS ${unfinished}`);
  await administrator.query(`CREATE DATABASE ${unfinished}`);
  const engine = openPostgres({ url: databaseUrl(url, unfinished), poolSize: 1 });
  const connection = await engine.openMigrationConnection();
  await migrate(connection);
  await makeJobTables(engine);
  await connection.runScript(movableClock);
  await connection.close();
  await engine.close();
  await administrator.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
}

async function asAdministrator(
  url: string,
  work: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
