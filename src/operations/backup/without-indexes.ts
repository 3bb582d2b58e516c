import { quoted } from '../../platform/database/bulk-copy.ts';
import type { MigrationConnection } from '../../platform/database/database.ts';

/**
 * Fills a table while it has no index but its primary key, and then makes the others anew: row by
 * row, the index of the search alone would take longer than everything else.
 */
export async function withoutIndexes(
  connection: MigrationConnection,
  table: string,
  fill: () => Promise<void>,
): Promise<void> {
  const indexes = await connection.query(
    `SELECT index.relname AS name, pg_get_indexdef(index.oid) AS definition,
            (SELECT string_agg(format('ALTER INDEX public.%I ALTER COLUMN %s SET STATISTICS %s', index.relname,
                                      attnum, attstattarget), '; ')
               FROM pg_attribute WHERE attrelid = index.oid AND attstattarget > 0) AS statistics
       FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
      WHERE indrelid = to_regclass($1) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
      ORDER BY index.relname`,
    [`public.${quoted(table)}`],
  );
  for (const { name } of indexes)
    await connection.runScript(`DROP INDEX public.${quoted(String(name))}`);
  await fill();
  for (const { definition, statistics } of indexes) {
    await connection.runScript(String(definition));
    if (typeof statistics === 'string') await connection.runScript(statistics);
  }
}
