import { sql } from 'kysely';
import type { Database } from '../../../platform/database/database.ts';
import { type Check, type Found, failed, ok, warning } from '../finding.ts';

type Settings = {
  version: number;
  fsync: string;
  full_page_writes: string;
  synchronous_commit: string;
};

/** What is acknowledged must survive a crash of the database's machine. */
export function durabilityCheck(db: Database): Check {
  return {
    name: 'durability',
    run: async () => {
      const { rows } = await sql<Settings>`
        SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
               current_setting('full_page_writes') AS full_page_writes,
               current_setting('synchronous_commit') AS synchronous_commit`.execute(db);
      const [settings] = rows;
      const faults = settings === undefined ? [] : faultsOf(settings);
      return faults.length > 0 ? faults : ok('a commit is on disk before it is acknowledged');
    },
  };
}

function faultsOf({ version, ...settings }: Settings): Found[] {
  const faults: Found[] = [];
  if (version < 150_000)
    faults.push(failed('PostgreSQL is older than version 15', 'Upgrade it with pg_upgradecluster'));
  for (const name of ['fsync', 'full_page_writes'] as const) {
    if (settings[name] === 'off')
      faults.push(
        failed(
          `${name} is off: a power cut can destroy the database`,
          `ALTER SYSTEM SET ${name} = on;`,
        ),
      );
  }
  if (settings.synchronous_commit === 'off')
    faults.push(
      warning(
        'synchronous_commit is off: a crash can lose the last acknowledged writes',
        'ALTER SYSTEM SET synchronous_commit = on;',
      ),
    );
  return faults;
}
