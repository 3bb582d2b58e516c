import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { foldCounts } from '../../platform/database/fold-counts.ts';
import type { Total } from '../../platform/http/paging.ts';
import { mostCounted } from '../../platform/lists/list-rows.ts';
import type { CountedStates } from './account-filters.ts';

/** Exact: triggers add to the counts in the transaction of each change. */
export async function countUsersIn(db: Database, states: CountedStates): Promise<Total> {
  const { rows } = await sql<{ count: number }>`
    SELECT coalesce(sum(count), 0)::int AS count FROM user_counts WHERE ${isIn(states)}`.execute(
    db,
  );
  return { count: rows[0]?.count ?? 0, isExact: true };
}

function isIn(states: CountedStates) {
  const conditions = Object.entries(states).map(
    ([name, value]) => sql<boolean>`${sql.ref(name)} = ${value}`,
  );
  return conditions.length === 0 ? sql<boolean>`true` : sql.join(conditions, sql` AND `);
}

export type UserCounts = {
  active: number;
  inactive: number;
  deleted: number;
  verified: number;
  unverified: number;
  superusers: number;
};

/** Each but `deleted` without deleted users. */
export async function countUsersByState(db: Database): Promise<UserCounts> {
  const { rows } = await sql<UserCounts>`
    SELECT ${sumWhere(sql`NOT is_deleted AND is_active`)} AS active,
           ${sumWhere(sql`NOT is_deleted AND NOT is_active`)} AS inactive,
           ${sumWhere(sql`is_deleted`)} AS deleted,
           ${sumWhere(sql`NOT is_deleted AND is_email_verified`)} AS verified,
           ${sumWhere(sql`NOT is_deleted AND NOT is_email_verified`)} AS unverified,
           ${sumWhere(sql`NOT is_deleted AND is_superuser`)} AS superusers
      FROM user_counts`.execute(db);
  const [counts] = rows;
  if (counts === undefined) throw new Error('an aggregate gave no row');
  return counts;
}

function sumWhere(condition: ReturnType<typeof sql>) {
  return sql<number>`coalesce(sum(count) FILTER (WHERE ${condition}), 0)::int`;
}

/**
 * Counted up to a limit. They are few, and leave when they accept. The order is that of their index,
 * which PostgreSQL would not take while it knows nothing of the column, as after an upgrade.
 */
export async function countInvited(db: Database, most = mostCounted): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count
      FROM (SELECT FROM users WHERE invited_at IS NOT NULL AND deleted_at IS NULL
             ORDER BY created_at, id LIMIT ${most}) AS invited`.execute(db);
  return rows[0]?.count ?? 0;
}

/** By day in UTC, oldest first, days without any included; also of users who are gone since. */
export async function countRegistrationsByDay(
  db: Database,
  days: number,
): Promise<{ day: string; count: number }[]> {
  const { rows } = await sql<{ day: string; count: number }>`
    SELECT to_char(days.day, 'YYYY-MM-DD') AS day, coalesce(sum(count), 0)::int AS count
      FROM generate_series(${today} - ${days - 1}::int, ${today}, interval '1 day') AS days(day)
      LEFT JOIN registration_counts AS counts ON counts.day = days.day
     GROUP BY days.day ORDER BY days.day`.execute(db);
  return rows;
}

const today = sql<Date>`(now() AT TIME ZONE 'UTC')::date`;

const stateColumns = ['is_active', 'is_email_verified', 'is_superuser', 'is_deleted'];

export async function foldUserCounts(db: Database): Promise<void> {
  await foldCounts(db, sql.table('user_counts'), stateColumns);
  await foldCounts(db, sql.table('registration_counts'), ['day']);
}

export async function deleteRegistrationCountsBefore(db: Database, days: number): Promise<void> {
  await sql`DELETE FROM registration_counts WHERE day < ${today} - ${days}::int`.execute(db);
}
