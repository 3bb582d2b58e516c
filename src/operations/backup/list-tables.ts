import type { CopiedTable, MigrationConnection } from '../../platform/database/database.ts';
import { migratedTables } from '../../platform/database/migrate.ts';

/**
 * The tables that the migrations have made, each with the columns that are stored. The queue's are
 * not among them: its jobs live for minutes, and what they work on is in the other tables.
 */
export async function listTables(connection: MigrationConnection): Promise<CopiedTable[]> {
  const rows = await connection.query(`
    SELECT relname AS name, string_agg(attname, ',' ORDER BY attnum) AS columns
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      JOIN pg_attribute ON attrelid = pg_class.oid
     WHERE nspname = 'public' AND relkind = 'r' AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
     GROUP BY relname ORDER BY relname`);
  const own = migratedTables();
  return rows
    .map(({ name, columns }) => ({ name: String(name), columns: String(columns).split(',') }))
    .filter(({ name }) => own.has(name));
}

/** Whether there is any table where the service keeps its own, or a trace of it. */
export async function isEmpty(connection: MigrationConnection): Promise<boolean> {
  const rows = await connection.query(`
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname IN ('public', 'jobs') AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
       AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') LIMIT 1`);
  return rows.length === 0;
}
