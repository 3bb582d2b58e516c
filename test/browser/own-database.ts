import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { startServer } from '../faults/server-process.ts';
import { atProcessEnd } from '../process-end.ts';

const kept = join(import.meta.dirname, '../../.tmp/browser-data');

type Place = { DATABASE_URL: string } | { DATA_DIR: string };

/**
 * A database without accounts for one service: on the cluster of TEST_DATABASE_URL, or embedded.
 * `entry` and `env` are those of the service.
 */
export async function ownDatabase(entry: string, env: Record<string, string>): Promise<Place> {
  const cluster = process.env.TEST_DATABASE_URL;
  return cluster === undefined
    ? { DATA_DIR: await embedded(entry, env) }
    : { DATABASE_URL: await inCluster(cluster) };
}

async function inCluster(cluster: string): Promise<string> {
  const name = `adl_browser_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: cluster });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  return url.href;
}

/** A copy of what a first start makes, which takes as long as all the rest of a start. */
async function embedded(entry: string, env: Record<string, string>): Promise<string> {
  // The name of the bundle comes from its sources.
  const prepared = join(kept, basename(dirname(dirname(entry))));
  if (!existsSync(prepared)) await prepare(prepared, { entry, env });
  const own = mkdtempSync(join(tmpdir(), 'adl-browser-'));
  atProcessEnd(() => rmSync(own, { recursive: true, force: true }));
  cpSync(prepared, own, { recursive: true });
  return own;
}

async function prepare(
  prepared: string,
  { entry, env }: { entry: string; env: Record<string, string> },
): Promise<void> {
  mkdirSync(kept, { recursive: true });
  for (const name of readdirSync(kept))
    if (!name.startsWith(basename(prepared))) rmSync(join(kept, name), { recursive: true });
  const unfinished = mkdtempSync(`${prepared}-`);
  const ends: (() => unknown)[] = [];
  const lifetime = { after: (end: () => unknown) => void ends.push(end) };
  const server = await startServer(lifetime, { env: { ...env, DATA_DIR: unfinished }, entry });
  await server.terminate();
  for (const end of ends) await end();
  try {
    renameSync(unfinished, prepared);
  } catch {
    // Another process of the suite was faster.
    rmSync(unfinished, { recursive: true });
  }
}
