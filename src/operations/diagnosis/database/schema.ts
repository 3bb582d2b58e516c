import { version } from '../../../configuration/version.ts';
import type { DatabaseEngine } from '../../../platform/database/database.ts';
import { readSchemaState } from '../../../platform/database/migrate.ts';
import type { ServerProcess } from '../../../platform/database/server-processes.ts';
import { type Check, type Found, failed, ok, warning } from '../finding.ts';

/** The schema is this release's, and so are the server processes on it. */
export function schemaCheck(engine: DatabaseEngine, redisUrl: string | undefined): Check {
  return {
    name: 'version',
    run: async () => {
      const connection = await engine.openMigrationConnection();
      try {
        const { missing, unknown, processes } = await readSchemaState(connection);
        const faults = [...schemaFaults(missing, unknown), ...processFaults(processes, redisUrl)];
        const count = engine.isEmbedded ? '' : `, ${processes.length} server process(es)`;
        return faults.length > 0 ? faults : ok(`release ${version} on its own schema${count}`);
      } finally {
        await connection.close().catch(() => {});
      }
    },
  };
}

function schemaFaults(missing: string[], unknown: string[]): Found[] {
  const faults: Found[] = [];
  if (missing.length > 0)
    faults.push(
      failed(`the database lacks ${missing.join(', ')}`, 'adl migrate plan, then adl migrate'),
    );
  if (unknown.length > 0)
    faults.push(
      failed(
        `the database is newer than release ${version}: ${unknown.join(', ')}`,
        'Install the newer release, or restore the backup from before the upgrade',
      ),
    );
  return faults;
}

function processFaults(processes: ServerProcess[], redisUrl: string | undefined): Found[] {
  const others = processes.filter(({ release }) => release !== version);
  const faults = others.map(({ release, host, pid }) =>
    warning(`process ${pid} on ${host} runs release ${release}, this is ${version}`, 'Restart it'),
  );
  if (processes.length > 1 && redisUrl === undefined)
    faults.push(
      warning(
        `${processes.length} processes without REDIS_URL: an address has the limit once in each`,
        'Set the same REDIS_URL for all',
      ),
    );
  return faults;
}
