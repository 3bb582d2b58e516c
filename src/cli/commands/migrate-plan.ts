import { z } from 'zod';
import type { MigrationConnection } from '../../platform/database/database.ts';
import { readSchemaState, requireMigratable } from '../../platform/database/migrate.ts';
import { planMigrations } from '../../platform/database/migration-plan/plan-migrations.ts';
import { SchemaConflictError } from '../../platform/database/schema-compatibility.ts';
import { defineCommand } from '../command/command.ts';

export const migratePlan = defineCommand({
  name: 'migrate plan',
  summary: 'Show what the missing migrations lock, and how many rows they touch',
  isForAnySchema: true,
  parameters: z.strictObject({}),
  run: async ({ engine }, _parameters, { send }) => {
    const connection = await engine.openMigrationConnection();
    try {
      const { missing } = await readSchemaState(connection);
      for (const effect of await planMigrations(connection)) await send({ item: effect });
      const refused = await reasonToRefuse(connection);
      return { missing, ...(refused === null ? {} : { refused }) };
    } finally {
      await connection.close();
    }
  },
  isFaulty: ({ refused }) => refused !== undefined,
});

/** Why `migrate` would not begin; null if it would. */
async function reasonToRefuse(connection: MigrationConnection): Promise<string | null> {
  try {
    await requireMigratable(connection);
    return null;
  } catch (error) {
    if (error instanceof SchemaConflictError) return error.message;
    throw error;
  }
}
