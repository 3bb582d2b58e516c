import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** An empty database for one service on the cluster of TEST_DATABASE_URL, or nothing without it. */
export async function ownDatabase(): Promise<{ DATABASE_URL?: string }> {
  const cluster = process.env.TEST_DATABASE_URL;
  if (cluster === undefined) return {};
  const name = `adl_browser_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: cluster });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  return { DATABASE_URL: url.href };
}
