import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import type { Figure } from './figure.ts';

const rows = Number(process.env.BENCH_IMPORT_ROWS ?? 200_000);
const adl = join(import.meta.dirname, '../bin/adl');
// A bcrypt and an email as most rows of an old system have them.
const hash = '$2b$12$MqnlRRYkRr64GSw4JVzgrOVMlrxSLS5E7GQhDzd0LCCiq3CrYjop6';

/** An import of many users into PostgreSQL by the command itself, and their export. */
export async function measureImports(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const postgres = await startPrivatePostgres();
  await postgres.query('CREATE DATABASE adl');
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: postgres.url('adl'),
    SECRET_KEY: 'a2V5IG9mIHRoZSBiZW5jaCwgZ29vZCBmb3Igbm90aGluZyBlbHNlIQ',
  };
  try {
    await run(['migrate'], env);
    const file = join(directory, 'people.csv');
    await writePeople(file);
    const imported = await run(['user', 'import', file], env);
    const exported = await run(['user', 'export', join(directory, 'out.ndjson')], env);
    return [
      {
        name: `import of ${rows} users into PostgreSQL`,
        value: rows / imported.seconds,
        unit: 'rows/s',
        bar: 20_000,
        atLeast: true,
      },
      {
        name: 'import: CPU time of the command for 100,000 rows',
        value: (imported.cpuSeconds * 100_000) / rows,
        unit: 's',
        bar: 5,
      },
      { name: 'import: largest resident memory', value: imported.megabytes, unit: 'MB', bar: 150 },
      {
        name: `export of ${rows} users: largest resident memory`,
        value: exported.megabytes,
        unit: 'MB',
        bar: 150,
      },
    ];
  } finally {
    await postgres.destroy();
    rmSync(directory, { recursive: true });
  }
}

async function writePeople(file: string): Promise<void> {
  const out = createWriteStream(file);
  out.write('username,email,full_name,password_hash,legacy_id,is_email_verified,created_at\n');
  for (let count = 1; count <= rows; count += 1) {
    const line = `person${count},person${count}@example.com,Person ${count},${hash},${count},t,2025-10-09 12:11:12\n`;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

/** Of the command alone; the memory is the peak that the kernel keeps. */
async function run(args: string[], env: NodeJS.ProcessEnv) {
  const startedAt = performance.now();
  const child = spawn(adl, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  let status = '';
  let stat = '';
  const timer = setInterval(() => {
    try {
      status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
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
