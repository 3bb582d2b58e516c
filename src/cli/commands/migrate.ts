import { z } from 'zod';
import { migrate as applyMissing, findMissing } from '../../platform/database/migrate.ts';
import { defineCommand } from '../command/command.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Apply the migrations that are missing, as the start does',
  options: [['--plan', 'only name them']],
  isForAnySchema: true,
  parameters: z.strictObject({ plan: z.boolean().optional() }),
  run: async ({ engine, openJobs }, { plan = false }) => {
    const connection = await engine.openMigrationConnection();
    try {
      if (plan) return { missing: await findMissing(connection) };
      const applied = await applyMissing(connection);
      await openJobs();
      return { applied };
    } finally {
      await connection.close();
    }
  },
});
