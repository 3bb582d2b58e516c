import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds of processor time of a process with all its threads, since its start. */
export function processorTime(pid: number): number {
  const fields = fieldsOf(pid);
  return fields === null ? 0 : ticks(fields, [11, 12]);
}

/** Of a PostgreSQL: of its processes, those that have ended included. */
export function databaseTime(dataDirectory: string): number {
  const postmaster = Number(
    readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0],
  );
  const processes = readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? [fieldsOf(Number(name))] : [],
  );
  const children = processes.filter((fields) => Number(fields?.[1]) === postmaster);
  const ended = fieldsOf(postmaster) ?? [];
  return children.reduce(
    (sum, fields) => sum + ticks(fields ?? [], [11, 12]),
    ticks(ended, [13, 14]),
  );
}

/** What follows the name in parentheses, which may contain anything (proc(5)). */
function fieldsOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function ticks(fields: readonly string[], places: readonly number[]): number {
  return 10 * places.reduce((sum, place) => sum + Number(fields[place] ?? 0), 0);
}
