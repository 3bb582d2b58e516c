import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '../command-line.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';
import { startServer } from './server-process.ts';

const rounds = Number(process.env.FAULT_ROUNDS ?? 8);
const rows = 6000;
const adl = join(import.meta.dirname, '../../bin/adl');

function peopleOf(round: number): string {
  const lines = Array.from({ length: rows }, (_, index) => {
    const name = `r${round}.${index + 1}`;
    return JSON.stringify({ username: name, email: `${name}@example.com`, legacy_id: name });
  });
  return `${lines.join('\n')}\n`;
}

function startImport(
  file: string,
  env: Record<string, string>,
  ...options: string[]
): ChildProcess {
  const child = spawn(adl, ['user', 'import', file, '--json', ...options], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return child.on('error', () => {});
}

async function outcomeOf(child: ChildProcess): Promise<{ code: number | null; out: string }> {
  const output = Promise.all(
    [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : Promise.resolve(''))),
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, out: (await output).join('') };
}

/** Goes on after a kill until the file is whole; a second run of a whole file finds everyone. */
async function finish(file: string, env: Record<string, string>): Promise<void> {
  let last = await outcomeOf(startImport(file, env, '--resume'));
  if (last.code === 2) last = await outcomeOf(startImport(file, env, '--skip-existing'));
  assert.equal(last.code, 0, last.out);
}

test(`${rounds} kills of an import into PostgreSQL: nothing is lost, halved or doubled`, {
  skip: withoutPostgres,
}, async (t) => {
  const { server, query } = await startDatabaseService(t);
  const directory = temporaryDirectory(t);
  let inTheMiddle = 0;
  for (let round = 0; round < rounds; round += 1) {
    const file = join(directory, `people${round}.ndjson`);
    writeFileSync(file, peopleOf(round));
    const count = () =>
      query(`SELECT count(*)::int AS count FROM users WHERE username LIKE 'r${round}.%'`);
    const child = startImport(file, server.env);
    const ended = once(child, 'exit');
    while ((await count())[0]?.count === 0 && child.exitCode === null) await sleep(5);
    await sleep(Math.random() * 150);
    child.kill('SIGKILL');
    await ended;
    const [imported] = await query(
      'SELECT lines_read::int, rows_created::int, finished_at FROM imports ORDER BY started_at DESC LIMIT 1',
    );
    const [found] = await count();
    assert.equal(found?.count, imported?.rows_created);
    assert.equal(found?.count, imported?.lines_read);
    if (imported?.finished_at === null) inTheMiddle += 1;
    await finish(file, server.env);
    assert.equal((await count())[0]?.count, rows);
  }
  assert.ok(inTheMiddle > 0, 'no kill hit an import');
  const [events] = await query(
    `SELECT sum((details->>'count')::int)::int AS sum FROM audit_events WHERE event = 'users_imported'`,
  );
  assert.equal(events?.sum, rounds * rows);
});

test('an import into a server that is slow goes on in smaller batches', {
  skip: withoutPostgres,
}, async (t) => {
  const { server, query } = await startDatabaseService(t);
  await query(`
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN PERFORM pg_sleep(0.0025); RETURN NEW; END$$;
    CREATE TRIGGER dawdle BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION dawdle()`);
  const file = join(temporaryDirectory(t), 'people.ndjson');
  writeFileSync(file, peopleOf(0).split('\n').slice(0, 2500).join('\n'));
  const { code, out } = await outcomeOf(startImport(file, server.env));
  assert.equal(code, 0, out);
  const events = await query(
    `SELECT (details->>'count')::int AS count FROM audit_events WHERE event = 'users_imported'`,
  );
  const counts = events.map(({ count }) => Number(count));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    2500,
  );
  assert.ok(Math.max(...counts) < 1000, `batches of ${counts.join()}`);
});

test('kills of the server during an import into its embedded database lose and double nothing', async (t) => {
  const directory = temporaryDirectory(t);
  let server = await startUnlimited(t, {}, { readyTimeoutMs: 60_000 });
  const file = join(directory, 'people.ndjson');
  writeFileSync(file, peopleOf(0));
  for (let round = 0; round < Math.min(rounds, 4); round += 1) {
    const child = startImport(file, server.env, ...(round === 0 ? [] : ['--resume']));
    const outcome = outcomeOf(child);
    await sleep(800 + Math.random() * 1500);
    await server.kill9();
    const { code, out } = await outcome;
    // It was over before, or the client says that the server is gone.
    assert.ok(code === 0 || code === 5 || code === 2, `${code} ${out}`);
    server = await startServer(t, { env: server.env, readyTimeoutMs: 60_000 });
  }
  await finish(file, server.env);
  await server.terminate();
  const listed = await outcomeOf(startExport(server.env));
  const names = listed.out.split('\n').filter((line) => line.includes('"username":"r0.'));
  assert.equal(new Set(names.map((line) => JSON.parse(line).username)).size, rows);
  assert.equal(names.length, rows);
});

function startExport(env: Record<string, string>): ChildProcess {
  return spawn(adl, ['user', 'export', '--json'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
}

test('a socket that a killed server left behind is no obstacle, and a server is asked where one runs', async (t) => {
  const server = await startUnlimited(t, {}, { readyTimeoutMs: 60_000 });
  const list = (env: Record<string, string>): Promise<{ code: number | null; out: string }> =>
    outcomeOf(spawn(adl, ['admin', 'list', '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  assert.deepEqual(await list(server.env), { code: 0, out: '{"count":0,"total":0}\n' });
  await server.kill9();
  assert.deepEqual(await list(server.env), { code: 0, out: '{"count":0,"total":0}\n' });
  const again = await startServer(t, { env: server.env, readyTimeoutMs: 60_000 });
  assert.deepEqual(await list(again.env), { code: 0, out: '{"count":0,"total":0}\n' });
});

test('a password comes from standard input, and scripts read the exit code', async (t) => {
  const directory = temporaryDirectory(t);
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    PATH,
    HOME,
    DATA_DIR: join(directory, 'data'),
    BCRYPT_ROUNDS: '4',
    ENVIRONMENT: 'test',
  };
  const names = ['--username', 'root.admin', '--email', 'root@example.com', '--json'];
  const create = (password: string) => {
    const child = spawn(adl, ['admin', 'create', ...names], { env, cwd: directory });
    child.stdin.end(`${password}\n`);
    return outcomeOf(child);
  };
  const short = await create('short');
  assert.equal(short.code, 2, short.out);
  assert.deepEqual(
    JSON.parse(short.out).error.errors.map(({ field }: { field: string }) => field),
    ['password'],
  );
  const made = await create('granite lantern 48');
  assert.equal(made.code, 0, made.out);
  assert.equal(JSON.parse(made.out).is_superadmin, true);
  const again = await create('granite lantern 48');
  assert.deepEqual([again.code, JSON.parse(again.out).error.kind], [3, 'refused']);
  const unknown = await outcomeOf(spawn(adl, ['admin', 'creat'], { env, cwd: directory }));
  assert.equal(unknown.code, 2);
});
