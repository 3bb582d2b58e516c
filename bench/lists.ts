import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../src/platform/database/migrate.ts';
import { openPostgres } from '../src/platform/database/postgres-engine.ts';
import { credentialsOf } from '../test/factories.ts';
import { type PrivatePostgres, startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { type Figure, median, percentile } from './figure.ts';
import { npmStart, type Started } from './npm-start.ts';

const root = join(import.meta.dirname, '..');
const sizes = [10_000, 1_000_000] as const;
const rounds = 60;
export const benchAccount = {
  username: 'bench',
  email: 'bench@example.com',
  password: 'violet harbour anvil 93',
};
const bar = 1.3;

/** Names of random letters, whose parts many others have too; the same at both sizes. */
const seed = (count: number) => `
  INSERT INTO users (id, username, email, full_name, is_active, is_email_verified, password_scheme, password_hash,
    last_login_at, created_at, updated_at)
  SELECT gen_random_uuid(), name, name || '@' || (ARRAY['example.com', 'example.org', 'mail.example.net'])[1 + n % 3],
         initcap(substr(name, 1, 6)) || ' ' || initcap(substr(name, 7)), n % 20 <> 0, n % 3 <> 0, 'bcrypt',
         repeat('x', 60), now() - n * interval '7 seconds', now() - n * interval '20 seconds', now()
    FROM (SELECT n, translate(substr(md5(n::text), 1, 14), '0123456789abcdef', 'aeioulnrstmkdpbg') AS name
            FROM generate_series(1, ${count}) AS n) AS named`;

const signIns = `
  INSERT INTO sign_in_counts
  SELECT current_date - day, outcome, 1000 FROM generate_series(0, 89) AS day, unnest(ARRAY['success', 'failure']) AS outcome`;

/** The lists and the overview at a hundred times the users, interleaved with the small service. */
export async function measureLists(): Promise<Figure[]> {
  const postgres = await startPrivatePostgres();
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const services: Client[] = [];
  for (const count of sizes) services.push(await openClient(postgres, dataDir, count));
  const [small, large] = services as [Client, Client];
  const figures: Figure[] = [];
  for (const [name, path] of Object.entries(requests))
    figures.push(await compare(name, small, large, path));
  for (const [name, path, most] of deepRequests) {
    const times: number[] = [];
    for (let round = 0; round < rounds / 4; round += 1) times.push(await timed(large, path));
    figures.push({
      name: `${name} at 1,000,000 users, median`,
      value: median(times),
      unit: 'ms',
      bar: most,
    });
  }
  for (const { service } of services) await service.stop();
  await postgres.destroy();
  rmSync(dataDir, { recursive: true });
  return figures;
}

const requests: Record<string, (client: Client) => string> = {
  'page 1': () => '/users',
  'page 1 of inactive users': () => '/users?is_active=false',
  'page 1 by name': () => '/users?sort=username',
  'a cursor page in the middle': ({ cursor }) => `/users?cursor=${cursor}`,
  'a search for the beginning of a name': ({ prefix }) => `/users?q=${prefix}`,
  'the overview': () => '/overview',
};

const deepRequests: [string, (client: Client) => string, number][] = [
  ['the last page', () => '/users?page=10000&page_size=100', 300],
  ['the page in the middle', () => '/users?page=5000&page_size=100', 400],
  ['a search that a third of all match', () => '/users?q=example.org', 100],
  ['a search that no index serves', () => '/users?q=%25%25a', 300],
];

type Client = { service: Started; token: string; cursor: string; prefix: string };

async function compare(
  name: string,
  small: Client,
  large: Client,
  path: (client: Client) => string,
) {
  const [of10k, of1m]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    of10k.push(await timed(small, path));
    of1m.push(await timed(large, path));
  }
  // The quartile: what else runs on the machine only makes requests slower.
  const [before, after] = [percentile(of10k, 0.25), percentile(of1m, 0.25)];
  console.log(
    `     ${name}: ${before.toFixed(2)} ms at 10,000, ${after.toFixed(2)} ms at 1,000,000`,
  );
  return { name: `${name}: 1,000,000 users / 10,000`, value: after / before, unit: '', bar };
}

async function timed(client: Client, path: (client: Client) => string): Promise<number> {
  const startedAt = performance.now();
  await get(client, path(client));
  return performance.now() - startedAt;
}

/** A service over a database with that many users. */
export async function openClient(
  postgres: PrivatePostgres,
  dataDir: string,
  count: number,
): Promise<Client> {
  const database = `users_${count}`;
  await postgres.query(`CREATE DATABASE ${database}`);
  await upgrade(postgres.url(database), count);
  const limitsOff = { RATE_LIMIT_PER_HOUR: '0', RATE_LIMIT_ACCOUNT_PER_HOUR: '0' };
  const env = {
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url(database),
    LOG_LEVEL: 'warn',
    ...limitsOff,
  };
  const service = await npmStart(root, env);
  await post(`${service.url}/api/admins/register`, benchAccount);
  const { access_token } = await post(
    `${service.url}/api/admins/login`,
    credentialsOf(benchAccount),
  );
  const client = { service, token: String(access_token), cursor: '', prefix: '' };
  const middle = await get(client, `/users?page=${count / 20}`);
  const [user] = (await get(client, '/users?page=3')).items as { username: string }[];
  return {
    ...client,
    cursor: String(middle.next_cursor),
    prefix: user?.username.slice(0, 6) ?? '',
  };
}

/** As an operator meets it: the users are there before the counts and indexes of the lists. */
async function upgrade(url: string, count: number): Promise<void> {
  const engine = openPostgres({ url, poolSize: 1 });
  const connection = await engine.openMigrationConnection();
  const before = mkdtempSync(join(tmpdir(), 'adl-bench-migrations-'));
  for (const name of readdirSync(join(root, 'migrations')).filter((file) => file < '0008'))
    cpSync(join(root, 'migrations', name), join(before, name));
  await migrate(connection, before);
  await connection.runScript(seed(count));
  await connection.runScript('VACUUM ANALYZE users');
  const startedAt = performance.now();
  await migrate(connection);
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`     the upgrade of a database with ${count} users took ${seconds.toFixed(1)} s`);
  await connection.runScript(signIns);
  await connection.close();
  await engine.close();
  rmSync(before, { recursive: true });
}

async function get({ service, token }: Client, path: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${service.url}/api/admins${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return body;
}

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return (await answer.json()) as Record<string, unknown>;
}
