import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { newKeyPair } from '../test/backup-calls.ts';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import type { Figure } from './figure.ts';

const users = Number(process.env.BENCH_BACKUP_USERS ?? 1_000_000);
const adl = join(import.meta.dirname, '../bin/adl');

/**
 * A backup of many users on PostgreSQL, with a session each, by the command itself, and its
 * verification.
 */
export async function measureBackups(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const postgres = await startPrivatePostgres();
  await postgres.query('CREATE DATABASE adl');
  const { identity, recipient } = await newKeyPair();
  const key = join(directory, 'key.txt');
  writeFileSync(key, identity);
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: postgres.url('adl'),
    SECRET_KEY: 'a2V5IG9mIHRoZSBiZW5jaCwgZ29vZCBmb3Igbm90aGluZyBlbHNlIQ',
    BACKUP_TO: join(directory, 'backups'),
    BACKUP_RECIPIENTS: recipient,
  };
  try {
    await run(['migrate'], env);
    await fill(postgres.url('adl'));
    const created = await run(['backup', 'create', '--json'], env);
    const { name } = JSON.parse(created.out) as { name: string };
    const verified = await run(['backup', 'verify', '--identity', key, '--json'], env);
    const size = statSync(join(env.BACKUP_TO, name)).size / 2 ** 20;
    return [
      { name: `backup of ${users} users: time`, value: created.seconds, unit: 's', bar: 60 },
      { name: 'backup: largest resident memory', value: created.megabytes, unit: 'MB', bar: 200 },
      { name: 'backup: size of the file', value: size, unit: 'MB', bar: 400 },
      { name: 'verified restore: time', value: verified.seconds, unit: 's', bar: 180 },
      {
        name: 'verified restore: largest resident memory',
        value: verified.megabytes,
        unit: 'MB',
        bar: 250,
      },
    ];
  } finally {
    await postgres.destroy();
    rmSync(directory, { recursive: true });
  }
}

/** Hashes do not compress, so that they are random here as well; a session for each user. */
async function fill(url: string): Promise<void> {
  const engine = openPostgres({ url, poolSize: 1 });
  const connection = await engine.openBulkConnection();
  const [index] = await connection.query(
    "SELECT indexdef FROM pg_indexes WHERE indexname = 'users_search'",
  );
  for (const statement of [
    'DROP INDEX users_search',
    `INSERT INTO users (id, username, email, full_name, is_active, password_scheme, password_hash, created_at, updated_at)
     SELECT gen_random_uuid(), 'bulk' || n, 'bulk' || n || '@example.com', 'Straw ' || n, n % 10 <> 0, 'bcrypt',
            '$2b$12$' || left(encode(sha256(n::text::bytea) || sha256((-n)::text::bytea), 'base64'), 53), now(), now()
       FROM generate_series(1, ${users}) AS n`,
    String(index?.indexdef),
    `INSERT INTO sessions (id, subject_kind, subject_id, key_id, generation, current_hash, created_at, last_used_at,
       idle_expires_at, absolute_expires_at, ip, user_agent, device_hash)
     SELECT gen_random_uuid(), 'user', id, 'x', 0, sha256(id::text::bytea), now(), now(), now() + interval '7 days',
       now() + interval '30 days', '203.0.113.7', 'Mozilla/5.0 (X11; Linux x86_64)', sha256(email::bytea) FROM users`,
    'ANALYZE',
  ])
    await connection.runScript(statement);
  await connection.close();
  await engine.close();
}

/** Of the command alone; the memory is the peak that the kernel keeps. */
async function run(args: string[], env: NodeJS.ProcessEnv) {
  const startedAt = performance.now();
  const child = spawn(adl, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let [status, out] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  const timer = setInterval(() => {
    try {
      // Of a process that has ended it has no memory.
      const now = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      if (now.includes('VmHWM')) status = now;
    } catch {
      // It has ended.
    }
  }, 50);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`adl ${args.join(' ')} ended with ${code}: ${out}`);
  const megabytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  return { seconds: (performance.now() - startedAt) / 1000, megabytes, out };
}
