import { z } from 'zod';
import { migrate as applyMissing } from '../../platform/database/migrate.ts';
import { defineCommand } from '../command/command.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Apply the migrations that are missing, as the start does',
  isForAnySchema: true,
  parameters: z.strictObject({}),
  run: async ({ engine, openJobs }) => {
    const connection = await engine.openMigrationConnection();
    try {
      const applied = await applyMissing(connection);
      await openJobs();
      return { applied };
    } finally {
      await connection.close();
    }
  },
});
