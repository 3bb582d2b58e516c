import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findPostgresBinaries } from '../postgres/postgres-cluster.ts';
import { type PrivatePostgres, startPrivatePostgres } from '../postgres/private-postgres.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

const binaries = findPostgresBinaries();
const script = join(import.meta.dirname, '../../scripts/private-postgres.ts');
const skip = binaries === null ? 'PostgreSQL is not installed' : false;

describe('a private PostgreSQL', { skip }, () => {
  let postgres: PrivatePostgres;
  before(async () => {
    postgres = await startPrivatePostgres({ settings: { max_connections: '20' } });
  });
  after(() => postgres.destroy());

  test('is durable by default, and takes settings', async () => {
    const sql =
      "SELECT string_agg(setting, ' ' ORDER BY name) AS all FROM pg_settings WHERE name IN";
    const rows = await postgres.query(`${sql} ('fsync', 'max_connections', 'synchronous_commit')`);
    assert.deepEqual(rows, [{ all: 'on 20 on' }]);
  });

  test('lets nobody in without the password', async () => {
    const client = new pg.Client({ connectionString: postgres.url('postgres', 'adl', 'wrong') });
    await assert.rejects(client.connect(), { code: '28P01' });
  });

  test('keeps committed rows through a crash, on the same port', async () => {
    await postgres.query('CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)');
    await postgres.stop('immediate');
    await assert.rejects(postgres.query('SELECT 1'), { code: 'ECONNREFUSED' });
    await postgres.start();
    assert.deepEqual(await postgres.query('SELECT id FROM kept'), [{ id: 1 }]);
    assert.match(postgres.logText(), /was not properly shut down; automatic recovery/);
  });

  test('answers nothing while frozen, and continues on the same connection when thawed', async () => {
    const client = new pg.Client({ connectionString: postgres.url() });
    await client.connect();
    postgres.freeze();
    const answers = [
      client.query('SELECT 2 AS n').then(({ rows }) => rows),
      postgres.query('SELECT 2 AS n'),
    ];
    assert.equal(await Promise.race([...answers, sleep(300, 'silence')]), 'silence');
    postgres.thaw();
    assert.deepEqual(await Promise.all(answers), [[{ n: 2 }], [{ n: 2 }]]);
    await client.end();
  });

  test('leaves no server and no directory behind, even if it was frozen', async () => {
    const other = await startPrivatePostgres({ fast: true });
    const [row] = await other.query('SHOW data_directory');
    other.freeze();
    await other.destroy();
    await other.destroy();
    await assert.rejects(other.query('SELECT 1'), { code: 'ECONNREFUSED' });
    assert.equal(existsSync(String(row?.data_directory)), false);
  });

  test('ends with the process that started it, when that gets SIGTERM', async () => {
    const command = ['sh', '-c', 'echo "$TEST_DATABASE_URL"; exec sleep 60'];
    const owner = spawn(process.execPath, [script, '--', ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(owner.stdout, 'data');
    const connectionString = String(line).trim();
    assert.equal(await canConnect(connectionString), true);
    owner.kill('SIGTERM');
    assert.deepEqual(await once(owner, 'exit'), [null, 'SIGTERM']);
    assert.equal(await canConnect(connectionString), false);
  });

  test('runs a command and ends with its code', () => {
    const { status } = spawnSync(process.execPath, [script, '--', 'sh', '-c', 'exit 7']);
    assert.equal(status, 7);
  });
});

describe('a cut at COMMIT', { skip }, () => {
  let postgres: PrivatePostgres;
  let proxy: FaultProxy;
  before(async () => {
    postgres = await startPrivatePostgres({ fast: true });
    proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: postgres.port });
    await postgres.query('CREATE TABLE entries (name text)');
  });
  after(async () => {
    await proxy.close();
    await postgres.destroy();
  });

  test('before it: the client gets no answer and the server rolls back', async () => {
    let calls = 0;
    await proxy.mode({ cut: 'before-commit', onCut: () => calls++ });
    await assert.rejects(insert('before', 'COMMIT'));
    assert.deepEqual(await stored('before'), []);
    assert.equal(calls, 1);
  });

  test('after it: the client gets no answer and the server has committed', async () => {
    await proxy.mode({ cut: 'after-commit' });
    await assert.rejects(insert('after', 'SELECT pg_sleep(0.3); commit'));
    assert.equal((await stored('after')).length, 1);
  });

  test('sees a COMMIT of the extended protocol, on either side of it', async () => {
    await proxy.mode({ cut: 'before-commit' });
    await assert.rejects(insert('extended before', 'COMMIT', 'extended'));
    await proxy.mode({ cut: 'after-commit' });
    await assert.rejects(insert('extended after', 'COMMIT', 'extended'));
    assert.equal((await stored('extended')).length, 1);
    assert.equal((await stored('extended after')).length, 1);
  });

  test('happens the given number of times, and then everything passes', async () => {
    const cutsBefore = proxy.cuts;
    await proxy.mode({ cut: 'before-commit', times: 1 });
    await assert.rejects(insert('once', 'COMMIT'));
    await insert('once', 'COMMIT');
    assert.equal((await stored('once')).length, 1);
    assert.equal(proxy.cuts - cutsBefore, 1);
  });

  test('finds the first message after a TLS request, and ignores READ COMMITTED', async () => {
    await proxy.mode({ cut: 'before-commit' });
    const url = new URL(postgres.url());
    url.port = String(proxy.port);
    const psql = async (sql: string) => {
      const options = ['-c', sql, `${url}?sslmode=prefer`];
      const [code] = await once(
        spawn(join(binaries ?? '', 'psql'), options, { stdio: 'ignore' }),
        'exit',
      );
      return code;
    };
    assert.equal(await psql('BEGIN ISOLATION LEVEL READ COMMITTED'), 0);
    assert.notEqual(await psql("BEGIN; INSERT INTO entries VALUES ('psql'); COMMIT"), 0);
    assert.deepEqual(await stored('psql'), []);
  });

  async function insert(name: string, commit: string, queryMode?: 'extended'): Promise<void> {
    const client = new pg.Client({
      connectionString: postgres.url().replace(`:${postgres.port}/`, `:${proxy.port}/`),
    });
    client.on('error', () => {});
    await client.connect();
    await client.query('BEGIN');
    await client.query('INSERT INTO entries VALUES ($1)', [name]);
    await client.query({ text: commit, ...(queryMode ? { queryMode } : {}) } as pg.QueryConfig);
    await client.end();
  }

  function stored(prefix: string) {
    return postgres.query(`SELECT name FROM entries WHERE name LIKE '${prefix}%'`);
  }
});

async function canConnect(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
  const isConnected = await client.connect().then(
    () => true,
    () => false,
  );
  if (isConnected) await client.end();
  return isConnected;
}
