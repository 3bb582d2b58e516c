import type { GuidedCommand, Outcome } from '../command/command.ts';
import { openFormerDatabase } from '../fastapi/read-fastapi.ts';

const tables = [
  { table: 'users', realm: 'user' },
  { table: 'admin', realm: 'admin' },
] as const;

export const importFastapi: GuidedCommand = {
  name: 'import fastapi',
  summary: 'Import the users and admins of the FastAPI service, with their passwords and ids',
  options: [
    ['--database-url <url>', 'its PostgreSQL; the password may stand in PGPASSWORD instead'],
    ['--errors <file>', 'write the rows that are not taken there, as NDJSON'],
    ['--skip-existing', 'pass over accounts that exist: for a second run'],
    ['--dry-run', 'check every row and write nothing'],
  ],
  runGuided: async ({ databaseUrl, skipExisting, dryRun }, { ask }): Promise<Outcome> => {
    if (typeof databaseUrl !== 'string') {
      const errors = [{ field: '--database-url', message: 'is required' }];
      return { failure: { kind: 'invalid', message: 'The command is not valid', errors } };
    }
    const former = await openFormerDatabase(databaseUrl);
    try {
      const result: Record<string, unknown> = {};
      for (const { table, realm } of tables) {
        const { lines, idAt, leftOut } = former.read(table);
        const parameters = { file: '-', format: 'ndjson', realm, skipExisting, dryRun };
        const outcome = await ask('user import', parameters, lines, (event) => {
          if (!('fault' in event)) return event;
          const { fault } = event;
          return {
            fault: { ...fault, field: `${table} ${idAt(fault.line) ?? ''}: ${fault.field}` },
          };
        });
        if ('failure' in outcome) return outcome;
        result[table] = outcome.result;
        if (leftOut.size > 0) result[`${table}_left_out`] = [...leftOut];
      }
      return { result };
    } finally {
      await former.close();
    }
  },
  isFaulty: (result) =>
    tables.some(({ table }) => (result[table] as { refused: number }).refused > 0),
};
