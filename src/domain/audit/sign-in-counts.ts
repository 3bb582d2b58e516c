import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { foldCounts } from '../../platform/database/fold-counts.ts';

export type SignInsOfDay = { day: string; sign_ins: number; failed_sign_ins: number };

/** Sign-ins by day in UTC, oldest first, without gaps. Failures count for unknown names too. */
export async function countSignInsByDay(db: Database, days: number): Promise<SignInsOfDay[]> {
  const { rows } = await sql<SignInsOfDay>`
    SELECT to_char(days.day, 'YYYY-MM-DD') AS day, ${sumOf('success')} AS sign_ins,
           ${sumOf('failure')} AS failed_sign_ins
      FROM generate_series(${today} - ${days - 1}::int, ${today}, interval '1 day') AS days(day)
      LEFT JOIN sign_in_counts AS counts ON counts.day = days.day
     GROUP BY days.day ORDER BY days.day`.execute(db);
  return rows;
}

function sumOf(outcome: 'success' | 'failure') {
  return sql<number>`coalesce(sum(count) FILTER (WHERE outcome = ${outcome}), 0)::int`;
}

const today = sql<Date>`(now() AT TIME ZONE 'UTC')::date`;

export async function foldSignInCounts(db: Database): Promise<void> {
  await foldCounts(db, sql.table('sign_in_counts'), ['day', 'outcome']);
}

export async function deleteSignInCountsBefore(db: Database, days: number): Promise<void> {
  await sql`DELETE FROM sign_in_counts WHERE day < ${today} - ${days}::int`.execute(db);
}
