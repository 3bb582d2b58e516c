import type { PGlite } from '@electric-sql/pglite';
import type { PostgresPoolClient } from 'kysely';
import { copyTarget, quoted } from './bulk-copy.ts';
import type { BulkConnection, CopiedTable } from './database.ts';

/** So much of a table is in memory at once. */
const pagesTogether = 500;
const pageBytes = 8192;
const bytesTogether = 2 ** 22;

/** On the one connection of the embedded database; `leave` gives the others their turn. */
export function embeddedBulk(pglite: PGlite, leave: () => void): BulkConnection {
  const run = (text: string, parameters: unknown[] = []) =>
    pglite.query<Record<string, unknown>>(text, parameters);
  const pooled = { query: run as unknown as PostgresPoolClient['query'], release: () => {} };
  return {
    query: async (text, parameters) => (await run(text, parameters)).rows,
    runScript: async (text) => void (await pglite.exec(text)),
    pool: { options: {}, connect: async () => pooled, end: async () => {} },
    copyOut: (table) => copyOut(pglite, table),
    copyIn: async (table, rows) => {
      for await (const chunk of joined(rows)) {
        const blob = new Blob([chunk as Uint8Array<ArrayBuffer>]);
        await pglite.query(`COPY ${copyTarget(table)} FROM '/dev/blob'`, [], { blob });
      }
    },
    // What follows must not run in a transaction that was left open.
    close: () => pglite.exec('ROLLBACK').then(leave, leave),
  };
}

/** Its COPY gives the whole result at once, so that the table is read in ranges of its pages. */
async function* copyOut(pglite: PGlite, { name, columns }: CopiedTable): AsyncGenerator<Buffer> {
  const table = `public.${quoted(name)}`;
  const { rows } = await pglite.query<{ bytes: string }>(
    `SELECT pg_relation_size('${table}') AS bytes`,
  );
  const pages = Number(rows[0]?.bytes ?? 0) / pageBytes;
  for (let page = 0; page < pages; page += pagesTogether) {
    const range = `ctid >= '(${page},0)'::tid AND ctid < '(${page + pagesTogether},0)'::tid`;
    const select = `SELECT ${columns.map(quoted).join(', ')} FROM ${table} WHERE ${range}`;
    const { blob } = await pglite.query(`COPY (${select}) TO '/dev/blob'`);
    if (blob !== undefined && blob.size > 0) yield Buffer.from(await blob.arrayBuffer());
  }
}

/** Fewer, larger chunks: each is a statement. */
async function* joined(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < bytesTogether) continue;
    yield Buffer.concat(held.splice(0));
    bytes = 0;
  }
  if (held.length > 0) yield Buffer.concat(held);
}
