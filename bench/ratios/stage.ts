import { spawn } from 'node:child_process';
import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  encodeRefreshToken,
  firstRefreshToken,
  refreshTokenHash,
} from '../../src/domain/sessions/refresh-token.ts';
import { createKeyRing, type KeyRing } from '../../src/platform/crypto/secret-keys.ts';
import { findFreePort } from '../../test/free-port.ts';
import {
  type PrivatePostgres,
  startPrivatePostgres,
} from '../../test/postgres/private-postgres.ts';
import { npmStart, type Started } from '../npm-start.ts';

/** What the workloads share: a PostgreSQL with users, the service on it, and the floor beside it. */
export type Stage = {
  postgres: PrivatePostgres;
  secret: string;
  keys: KeyRing;
  /** As it runs in production. */
  service: Started;
  floor: Server;
  /** Another service of this machine, ended with the stage. */
  start(env: Record<string, string>): Promise<Started>;
  /** New sessions of different users, each with its first refresh token. */
  openSessions(count: number, url?: string): Promise<OpenSession[]>;
  close(): Promise<void>;
};

export type OpenSession = { subjectId: string; sessionId: string; refreshToken: string };

type Server = { port: number; pid: number };

const root = join(import.meta.dirname, '../..');
const users = 10_000;

/** The cost of a password's hash is that of production. */
const productionEnvironment = {
  ENVIRONMENT: 'production',
  PUBLIC_URL: 'https://accounts.example.com',
  RATE_LIMIT_PER_HOUR: '0',
  RATE_LIMIT_ACCOUNT_PER_HOUR: '0',
};

export async function setStage(): Promise<Stage> {
  const postgres = await startPrivatePostgres();
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const secret = randomBytes(48).toString('base64');
  const keys = createKeyRing(secret);
  const started = new Set<() => Promise<void>>();
  const start = async (env: Record<string, string>): Promise<Started> => {
    const own = { ...productionEnvironment, SECRET_KEY: secret, DATA_DIR: dataDir };
    const service = await npmStart(root, { ...own, ...env });
    const stop = async () => {
      if (started.delete(stop)) await service.stop();
    };
    started.add(stop);
    return { ...service, stop };
  };
  const service = await start({ DATABASE_URL: postgres.url() });
  await postgres.query(seed(users));
  await postgres.query(seedSessions);
  await postgres.query('VACUUM ANALYZE');
  const floor = await startFloor({ SECRET_KEY: secret, DATABASE_URL: postgres.url() });
  return {
    postgres,
    secret,
    keys,
    service,
    floor,
    start,
    openSessions: (count, url = postgres.url()) => openSessions(url, keys, count),
    close: async () => {
      await floor.end();
      for (const stop of started) await stop();
      await postgres.destroy();
      rmSync(dataDir, { recursive: true });
    },
  };
}

const seed = (count: number) => `
  INSERT INTO users (id, username, email, full_name, is_active, is_email_verified, password_scheme, password_hash,
    last_login_at, created_at, updated_at)
  SELECT gen_random_uuid(), name, name || '@example.com', initcap(substr(name, 1, 6)) || ' ' || initcap(substr(name, 7)),
         true, n % 3 <> 0, 'bcrypt', repeat('x', 60), now(), now() - n * interval '20 seconds', now()
    FROM (SELECT n, translate(substr(md5(n::text), 1, 14), '0123456789abcdef', 'aeioulnrstmkdpbg') AS name
            FROM generate_series(1, ${count}) AS n) AS named`;

/** As where the service has run for a while: PostgreSQL reads a small table whole. */
const seedSessions = `
  INSERT INTO sessions (id, subject_kind, subject_id, key_id, generation, current_hash, created_at, last_used_at,
         idle_expires_at, absolute_expires_at)
  SELECT gen_random_uuid(), 'user', id, 'seeded', 0, sha256(id::text::bytea), now(), now(),
         now() + interval '1 day', now() + interval '1 day'
    FROM users`;

async function openSessions(url: string, keys: KeyRing, count: number): Promise<OpenSession[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const tokens = Array.from({ length: count }, () => firstRefreshToken(randomUUIDv7()));
  const { rows } = await client.query<{ id: string; subject_id: string }>(
    `INSERT INTO sessions (id, subject_kind, subject_id, key_id, generation, current_hash, created_at, last_used_at,
            idle_expires_at, absolute_expires_at)
     SELECT given.id, 'user', users.id, $3, 0, given.hash, now(), now(), now() + interval '1 day', now() + interval '1 day'
       FROM (SELECT *, row_number() OVER () AS place FROM unnest($1::uuid[], $2::bytea[]) AS new (id, hash)) AS given
       JOIN (SELECT id, row_number() OVER () AS place FROM users WHERE is_active LIMIT $4) AS users USING (place)
     RETURNING id, subject_id`,
    [
      tokens.map(({ sessionId }) => sessionId),
      tokens.map(refreshTokenHash),
      keys.current.kid,
      count,
    ],
  );
  await client.end();
  const subjects = new Map(rows.map(({ id, subject_id }) => [id, subject_id]));
  return tokens.map((token) => ({
    subjectId: subjects.get(token.sessionId) ?? '',
    sessionId: token.sessionId,
    refreshToken: encodeRefreshToken(token, 'user', keys.current),
  }));
}

async function startFloor(env: Record<string, string>): Promise<Server & { end(): Promise<void> }> {
  const port = await findFreePort();
  const script = join(import.meta.dirname, 'floor-server.ts');
  const flags = ['--max-semi-space-size=16', script];
  const child = spawn(process.execPath, flags, {
    env: { ...env, PATH: process.env.PATH ?? '', PORT: String(port), NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/health/ready`).then(
      () => true,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error('the floor ended');
    await sleep(20);
  }
  const end = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { port, pid: child.pid ?? 0, end };
}
