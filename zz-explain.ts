import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { userListQuery } from './src/domain/accounts/account-filters.ts';
import { listAccounts } from './src/domain/accounts/account-list.ts';
import { listEvents, ownEventsQuery } from './src/domain/audit/audit-list.ts';
import { listMails, mailQuery } from './src/domain/outbox/mail-list.ts';
import { userRealm } from './src/domain/realms/realms.ts';
import { createDatabase } from './src/platform/database/database.ts';
import { openPostgres } from './src/platform/database/postgres-engine.ts';

const engine = openPostgres({ url: readFileSync('/tmp/lists/url', 'utf8'), poolSize: 1 });
let seen: any[] = [];
const db = createDatabase(engine.pool, (e) => void seen.push(e));
const raw = createDatabase(engine.pool, () => {});
const lists: [string, () => Promise<any>][] = [];
const users = (q: string) =>
  lists.push([
    `users?${q}`,
    () =>
      listAccounts(
        { db } as any,
        userRealm,
        userListQuery.parse(Object.fromEntries(new URLSearchParams(q))) as any,
      ),
  ]);
const only = process.argv[2];
for (const q of [
  '',
  'is_active=false',
  'is_active=false&sort=username',
  'deleted=true',
  'sort=username',
  'page=10000&page_size=100',
  'page=5000&page_size=100',
  'page=5000&page_size=100&sort=username',
  'created_after=2026-11-26T00:00:00Z',
  'created_after=2026-11-26T00:00:00Z&sort=username',
  'last_login_before=2026-10-01T00:00:00Z',
  'last_login_before=2020-10-01T00:00:00Z',
  'q=aeioul',
  'q=nel',
  'q=example.org',
  'q=example.org&sort=username',
  'q=example.org&is_active=false',
  'q=%25%25a',
  'q=zz',
])
  users(q);
lists.push(['audit', () => listEvents(db, {}, ownEventsQuery.parse({}))]);
lists.push(['audit?event', () => listEvents(db, { event: 'sign_in' }, ownEventsQuery.parse({}))]);
lists.push(['mails', () => listMails(db, mailQuery.parse({}))]);
lists.push(['mails?status=dead', () => listMails(db, mailQuery.parse({ status: 'dead' }))]);
lists.push(['mails?status=queued', () => listMails(db, mailQuery.parse({ status: 'queued' }))]);
lists.push(['mails?status=sent', () => listMails(db, mailQuery.parse({ status: 'sent' }))]);
for (const [name, run] of lists) {
  if (only && name !== only) continue;
  await run();
  seen = [];
  const s = performance.now();
  const r = await run();
  console.log(
    `\n== ${name}: ${(performance.now() - s).toFixed(1)} ms, ${seen.length} statements, items ${r.items.length} total ${r.total} ${r.total_is_exact} next ${r.next_cursor !== null}`,
  );
  const plans = new Map<string, string>();
  for (const e of seen) {
    const { rows } = await raw.executeQuery<any>({
      ...e.query,
      sql: `EXPLAIN (ANALYZE, BUFFERS, SUMMARY OFF, TIMING OFF, COSTS OFF) ${e.query.sql}`,
    });
    const text = rows.map((x: any) => x['QUERY PLAN']);
    const scan = text.filter((l: string) => /Scan|Sort {2}|Buffers: /.test(l)).map((l: string) => l.trim());
    const line = `  ${e.queryDurationMillis.toFixed(1)} ms ${
      only
        ? text.join('\n')
        : scan
            .filter((l: string, i: number) => /Scan/.test(l) || i === 0)
            .join(' | ')
            .slice(0, 330)
    }`;
    console.log(seen.length > 4 && e !== seen[0] && e !== seen[seen.length - 1] ? '  …' : line);
  }
}
await engine.close();
