import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { copyTarget } from './bulk-copy.ts';
import type { BulkConnection } from './database.ts';

export async function connectForBulk(connectionString: string): Promise<BulkConnection> {
  const client = new pg.Client({
    connectionString,
    application_name: 'adl backup',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  // A lost connection also fails the current query, where the error is handled.
  client.on('error', () => {});
  await client.connect();
  await client.query('SET client_encoding = UTF8');
  const query = async (text: string, parameters: unknown[] = []) =>
    client.query<Record<string, unknown>>(text, parameters);
  const pooled = { query: query as unknown as PostgresPoolClient['query'], release: () => {} };
  return {
    query: async (text, parameters) => (await query(text, parameters)).rows,
    runScript: async (text) => void (await client.query(text)),
    pool: { options: {}, connect: async () => pooled, end: async () => {} },
    copyOut: (table) => client.query(copyTo(`COPY ${copyTarget(table)} TO STDOUT`)),
    copyIn: (table, rows) =>
      pipeline(Readable.from(rows), client.query(copyFrom(`COPY ${copyTarget(table)} FROM STDIN`))),
    close: () => client.end(),
  };
}
