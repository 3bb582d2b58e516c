import { sql } from 'kysely';
import type { Database } from '../src/platform/database/database.ts';

// A statement times out after two seconds, and every name is indexed by its parts.
const batch = 5000;

/**
 * Inserts users `bulk1` to `bulk<count>`, who cannot sign in. Each creation time is shared by a
 * thousand, every tenth is inactive, and every thousandth is called `Needle 100%_\`.
 */
export async function insertBulkUsers(db: Database, count: number): Promise<void> {
  for (let first = 1; first <= count; first += batch) {
    const last = Math.min(count, first + batch - 1);
    await sql`
      INSERT INTO users (id, username, email, full_name, is_active, password_scheme, password_hash, created_at, updated_at)
      SELECT gen_random_uuid(), 'bulk' || n, 'bulk' || n || '@example.com',
             CASE WHEN n % 1000 = 0 THEN 'Needle 100%_\\' ELSE 'Straw ' || n END,
             n % 10 <> 0, 'bcrypt', 'none', time, time
        FROM (SELECT n, timestamptz '2026-01-01' + (n / 1000) * interval '1 microsecond' AS time
                FROM generate_series(${first}::int, ${last}::int) AS n) AS numbered`.execute(db);
  }
}
