import type { MigrationConnection } from './database.ts';
import { sqlStateOf } from './database-errors.ts';

/** A server process on this database, for those that want to change the schema. */
export type ServerProcess = {
  id: string;
  host: string;
  pid: number;
  release: string;
  /** The number of the last migration that it knows. */
  schema: string;
};

/** How often a process shows that it is there. */
export const seenMilliseconds = 5000;
/**
 * Without a sign for so long it is gone. A process that was frozen for longer looks at the schema
 * first.
 */
const goneSeconds = 30;

/** Beside the record of migrations, and made with it. */
export const processTable = `CREATE TABLE IF NOT EXISTS server_processes (
  id uuid PRIMARY KEY, host text NOT NULL, pid integer NOT NULL, release text NOT NULL, schema text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(), seen_at timestamptz NOT NULL DEFAULT now())`;

type Connection = Pick<MigrationConnection, 'query'>;

/** Those that run; none where the table is not there. */
export async function listProcesses(connection: Connection): Promise<ServerProcess[]> {
  if (!(await hasProcessTable(connection))) return [];
  const rows = await connection.query(
    `SELECT id::text, host, pid, release, schema FROM server_processes
      WHERE seen_at > now() - make_interval(secs => $1) ORDER BY host, pid`,
    [goneSeconds],
  );
  return rows as ServerProcess[];
}

/** Whether one runs that does not know that schema; false where its record may not be read. */
export async function hasOlderProcess(connection: Connection, schema: string): Promise<boolean> {
  try {
    return (await listProcesses(connection)).some((process) => process.schema < schema);
  } catch (error) {
    if (sqlStateOf(error) === notAllowed) return false;
    throw error;
  }
}

/** Shows that the process runs. False where its role may neither make the table nor write to it. */
export async function showProcess(connection: Connection, self: ServerProcess): Promise<boolean> {
  if (!(await hasProcessTable(connection))) return false;
  try {
    await writeProcess(connection, self);
    return true;
  } catch (error) {
    if (sqlStateOf(error) === notAllowed) return false;
    throw error;
  }
}

const notAllowed = '42501';

async function writeProcess(connection: Connection, self: ServerProcess): Promise<void> {
  await connection.query(
    `INSERT INTO server_processes (id, host, pid, release, schema) VALUES ($1::uuid, $2, $3::int, $4, $5)
     ON CONFLICT (id) DO UPDATE SET seen_at = now()`,
    [self.id, self.host, self.pid, self.release, self.schema],
  );
}

/** Its own row, and those of processes that died long ago. */
export async function removeProcess(connection: Connection, id: string): Promise<void> {
  await connection.query(
    "DELETE FROM server_processes WHERE id = $1::uuid OR seen_at < now() - interval '1 day'",
    [id],
  );
}

async function hasProcessTable(connection: Connection): Promise<boolean> {
  const [row] = await connection.query(
    "SELECT to_regclass('server_processes') IS NOT NULL AS exists",
  );
  return row?.exists === true;
}
