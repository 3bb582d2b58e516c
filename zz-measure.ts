import { sql } from 'kysely';
import { startPrivatePostgres } from './scripts/private-postgres.ts';
import { matchingMetadata } from './src/domain/accounts/metadata-filter.ts';
import { createDatabase } from './src/platform/database/database.ts';
import { migrate } from './src/platform/database/migrate.ts';
import { openPostgres } from './src/platform/database/postgres-engine.ts';

const postgres = await startPrivatePostgres({ fast: true });
for (const count of [10_000, 1_000_000]) {
  await postgres.query(`CREATE DATABASE n${count}`);
  const engine = openPostgres({ url: postgres.url(`n${count}`), poolSize: 2 });
  const c = await engine.openMigrationConnection();
  await migrate(c);
  await c.close();
  const db = createDatabase(engine.pool, () => {});
  const t0 = performance.now();
  for (let first = 1; first <= count; first += 10_000) {
    await sql`INSERT INTO users (id, username, email, full_name, password_scheme, password_hash, created_at, updated_at, app_metadata)
      SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'bulk' || n END, 'bulk' || n || '@example.com', 'Straw ' || n, 'bcrypt', 'none', t, t,
       (CASE WHEN n % ${Math.max(1000, count / 1000)}::int = 0 THEN '{"plan":"pro","seats":' || n || '}' WHEN n % 2 = 0 THEN '{"plan":"free"}' ELSE '{}' END)::jsonb
       FROM (SELECT n, timestamptz '2026-01-01' + n * interval '1 second' AS t FROM generate_series(${first}::int, ${first + 9999}::int) n) x`.execute(
      db,
    );
  }
  console.log(count, 'inserted in s', ((performance.now() - t0) / 1000).toFixed(1));
  for (const analysed of [false, true]) {
    if (analysed) await postgres.query('VACUUM ANALYZE users', `n${count}`);
    for (const asked of ['plan:pro', `seats:${count / 2}`, 'plan:none', 'plan:free']) {
      const filter = sql`true AND ${matchingMetadata({ app_metadata: asked })}`;
      const statements = {
        page: sql`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT *, 1 AS cursor_key FROM (SELECT * FROM users WHERE ${filter} ORDER BY created_at DESC, id DESC LIMIT 11 OFFSET 0) AS page ORDER BY created_at DESC, id DESC`,
        count: sql`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(*)::int AS total FROM users WHERE ${filter}`,
      };
      for (const [name, statement] of Object.entries(statements)) {
        const { rows } = (await statement.execute(db)) as any;
        const plan = rows[0]['QUERY PLAN'][0];
        const text = JSON.stringify(plan);
        const scan = [...text.matchAll(/"Node Type":"([^"]+)"/g)].map((m) => m[1]).join('>');
        console.log(
          count,
          analysed,
          asked,
          name,
          'buffers',
          plan.Plan['Shared Hit Blocks'] + plan.Plan['Shared Read Blocks'],
          'ms',
          plan['Execution Time'].toFixed(1),
          scan,
        );
      }
    }
    for (const dir of ['', ' DESC']) {
      const { rows } =
        (await sql`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM users WHERE (coalesce(lower(username), ''), id) > ('bulk5'::text COLLATE "C", '00000000-0000-0000-0000-000000000000'::uuid) ORDER BY coalesce(lower(username), '') ${sql.raw(dir)}, id ${sql.raw(dir)} LIMIT 11`.execute(
          db,
        )) as any;
      const plan = rows[0]['QUERY PLAN'][0];
      console.log(
        count,
        'username order',
        dir,
        'buffers',
        plan.Plan['Shared Hit Blocks'] + plan.Plan['Shared Read Blocks'],
        JSON.stringify(plan).match(/"Index Name":"([^"]+)"/)?.[1],
      );
    }
  }
  const sizes =
    await sql`SELECT relname, pg_size_pretty(pg_relation_size(oid)) AS size FROM pg_class WHERE relname LIKE 'users%'`.execute(
      db,
    );
  console.log(JSON.stringify(sizes.rows));
  await engine.close();
}
await postgres.destroy();
