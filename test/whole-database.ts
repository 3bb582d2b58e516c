import { sql } from 'kysely';
import type { Database } from '../src/platform/database/database.ts';

type Row = { table: string; text: string };

/** Every row of every table as text, those of the job queue included. */
async function wholeDatabase(db: Database): Promise<Row[]> {
  const { rows: tables } = await sql<{ schema: string; name: string }>`
    SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`.execute(
    db,
  );
  const all: Row[] = [];
  for (const { schema, name } of tables) {
    const table = sql.table(`${schema}.${name}`);
    const { rows } = await sql<{
      text: string;
    }>`SELECT to_jsonb(t)::text AS text FROM ${table} t`.execute(db);
    all.push(...rows.map(({ text }) => ({ table: `${schema}.${name}`, text })));
  }
  return all;
}

/** The tables, each with its rows that contain one of the words, whatever its case. */
export async function rowsWith(db: Database, words: readonly string[]): Promise<Row[]> {
  const folded = words.map((word) => word.toLowerCase());
  return (await wholeDatabase(db)).filter(({ text }) =>
    folded.some((word) => text.toLowerCase().includes(word)),
  );
}
