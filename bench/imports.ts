import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import pg from 'pg';
import { type PrivatePostgres, startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import type { Figure } from './figure.ts';

const rows = Number(process.env.BENCH_IMPORT_ROWS ?? 1_000_000);
const bareRows = Math.min(rows, 200_000);
const adl = join(import.meta.dirname, '../bin/adl');
// A bcrypt and an email as most rows of an old system have them.
const hash = '$2b$12$MqnlRRYkRr64GSw4JVzgrOVMlrxSLS5E7GQhDzd0LCCiq3CrYjop6';
const columns = 'username,email,full_name,password_hash,legacy_id,is_email_verified,created_at';

/** An import of many users into PostgreSQL by the command itself, and their export. */
export async function measureImports(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  // The default of PostgreSQL.
  const postgres = await startPrivatePostgres({ settings: { shared_buffers: '128MB' } });
  try {
    const bare = await measureBareCopy(postgres, directory);
    const env = await prepare(postgres, 'adl');
    const file = join(directory, 'people.csv');
    await writePeople(file, rows, personLine, columns);
    const imported = await run(['user', 'import', file], env);
    const ndjson = await run(['user', 'export', join(directory, 'out.ndjson')], env);
    const csv = await run(['user', 'export', join(directory, 'out.csv')], env);
    return figuresOf(bare, imported, { ndjson, csv });
  } finally {
    await postgres.destroy();
    rmSync(directory, { recursive: true });
  }
}

function figuresOf(bareSeconds: number, imported: Run, exported: Record<string, Run>): Figure[] {
  const seconds = (imported.seconds * bareRows) / rows;
  const memory = (name: string, { megabytes }: Run) => ({
    name: `${name} of ${rows} users: largest resident memory`,
    value: megabytes,
    unit: 'MB',
    bar: 150,
  });
  return [
    {
      name: `import of ${rows} users into PostgreSQL`,
      value: rows / imported.seconds,
      unit: 'rows/s',
      bar: 20_000,
      atLeast: true,
    },
    {
      name: 'import: time / that of a bare COPY of such rows',
      value: seconds / bareSeconds,
      unit: '',
      bar: 2,
    },
    {
      name: 'import: CPU time of the command for 100,000 rows',
      value: (imported.cpuSeconds * 100_000) / rows,
      unit: 's',
      bar: 5,
    },
    memory('import', imported),
    ...Object.entries(exported).map(([format, of]) => memory(`export as ${format}`, of)),
  ];
}

async function prepare(postgres: PrivatePostgres, database: string): Promise<NodeJS.ProcessEnv> {
  await postgres.query(`CREATE DATABASE ${database}`);
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: postgres.url(database),
    SECRET_KEY: 'a2V5IG9mIHRoZSBiZW5jaCwgZ29vZCBmb3Igbm90aGluZyBlbHNlIQ',
  };
  await run(['migrate'], env);
  return env;
}

/**
 * What the server alone needs for such rows, with all indexes and triggers and without any check.
 */
async function measureBareCopy(postgres: PrivatePostgres, directory: string): Promise<number> {
  await prepare(postgres, 'bare');
  const file = join(directory, 'bare.csv');
  await writePeople(
    file,
    bareRows,
    (count) => `${idOf(count)},${personLine(count)},bcrypt,now`,
    '',
  );
  // The server reads it.
  chmodSync(directory, 0o755);
  const client = new pg.Client({ connectionString: postgres.url('bare') });
  await client.connect();
  const startedAt = performance.now();
  await client.query(
    `COPY users (id,${columns},password_scheme,updated_at) FROM '${file}' (FORMAT csv)`,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  await client.end();
  console.log(`     a bare COPY takes ${(bareRows / seconds).toFixed(0)} rows/s`);
  return seconds;
}

/** In the order of time, as the ids of an import. */
function idOf(count: number): string {
  return `01890a5d-ac96-774b-bcce-${count.toString(16).padStart(12, '0')}`;
}

function personLine(count: number): string {
  return `person${count},person${count}@example.com,Person ${count},${hash},${count},t,2025-10-09 12:11:12`;
}

async function writePeople(
  file: string,
  count: number,
  lineOf: (count: number) => string,
  header: string,
): Promise<void> {
  const out = createWriteStream(file);
  if (header !== '') out.write(`${header}\n`);
  for (let person = 1; person <= count; person += 1) {
    if (!out.write(`${lineOf(person)}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

type Run = { seconds: number; cpuSeconds: number; megabytes: number };

/** Of the command alone; the memory is the peak that the kernel keeps. */
async function run(args: string[], env: NodeJS.ProcessEnv): Promise<Run> {
  const startedAt = performance.now();
  const child = spawn(adl, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  let status = '';
  let stat = '';
  const timer = setInterval(() => {
    try {
      const read = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      // One that has ended has no memory.
      if (read.includes('VmHWM')) status = read;
      stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    } catch {
      // It has ended.
    }
  }, 50);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`adl ${args.join(' ')} ended with ${code}`);
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return {
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 100,
    megabytes: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024,
  };
}
