import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chainAuditEvents } from '../../src/domain/audit/chain-audit-events.ts';
import { verifyAuditChain } from '../../src/domain/audit/verify-audit-chain.ts';
import { createKeyRing } from '../../src/platform/crypto/secret-keys.ts';
import { createDatabase, type DatabaseEngine } from '../../src/platform/database/database.ts';
import { openEmbedded } from '../../src/platform/database/embedded-engine.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { openPostgres } from '../../src/platform/database/postgres-engine.ts';
import { createLogger } from '../../src/platform/logging/logger.ts';
import { startPrivatePostgres } from '../postgres/private-postgres.ts';
import { withoutPostgres } from './postgres-backed.ts';

type Place = { at: string; open: () => Promise<DatabaseEngine>; workers: number };

const rounds = Number(process.env.FAULT_ROUNDS ?? 8);

const places = [
  { engine: 'PostgreSQL, two processes at once', prepare: onPostgres, skip: withoutPostgres },
  { engine: 'the embedded database', prepare: embedded, skip: false },
];

for (const { engine, prepare, skip } of places) {
  test(`${rounds} kills in the chain job lose and double no event: ${engine}`, {
    skip,
  }, async (t) => {
    const { at, open, workers } = await prepare(t);
    await withDatabase(open, (_db, opened) => opened.openMigrationConnection().then(migrateWith));
    const committed = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(Array.from({ length: workers }, () => workUntilKilled(t, at, committed)));
    }
    assert.ok(committed.size >= rounds * 30, `${committed.size} events`);
    await withDatabase(open, async (db) => {
      const keys = createKeyRing('the secret of a worker that is killed');
      const logger = createLogger(
        { logLevel: 'error', logFormat: 'json' } as never,
        process.stderr,
      );
      const before = await verifyAuditChain({ db, keys });
      assert.deepEqual(before.findings, []);
      assert.ok(before.entries > 0, 'no worker came to chain anything');
      await chainAuditEvents({ db, keys, logger }, 1000);
      const { findings, pending, entries } = await verifyAuditChain({ db, keys });
      assert.deepEqual([findings, pending], [[], 0]);
      const rows = await db.selectFrom('audit_events').select('subject_id').execute();
      assert.equal(entries, rows.length);
      const found = new Set(rows.map(({ subject_id: id }) => id ?? ''));
      assert.equal(found.size, rows.length);
      assert.ok(committed.isSubsetOf(found));
      const kills = `${rounds * workers} kills, ${before.pending} of ${entries} events not yet chained`;
      t.diagnostic(`${engine}: ${kills}, ${committed.size} acknowledged`);
    });
  });
}

async function migrateWith(
  connection: Awaited<ReturnType<DatabaseEngine['openMigrationConnection']>>,
) {
  await migrate(connection);
  await connection.close();
}

async function withDatabase(
  open: Place['open'],
  work: (db: ReturnType<typeof createDatabase>, engine: DatabaseEngine) => Promise<void>,
): Promise<void> {
  const engine = await open();
  const db = createDatabase(engine.pool, () => {});
  try {
    await work(db, engine);
  } finally {
    await engine.close();
  }
}

async function onPostgres(t: TestContext): Promise<Place> {
  const postgres = await startPrivatePostgres();
  t.after(() => postgres.destroy());
  const url = postgres.url();
  return { at: url, open: async () => openPostgres({ url, poolSize: 2 }), workers: 2 };
}

async function embedded(t: TestContext): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-chain-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return { at: directory, open: () => openEmbedded(directory), workers: 1 };
}

/** Kills the worker a moment after it recorded or chained, for the first or the second time. */
async function workUntilKilled(
  t: TestContext,
  place: string,
  committed: Set<string>,
): Promise<void> {
  const script = join(import.meta.dirname, 'chain-worker.ts');
  const child: ChildProcess = spawn(process.execPath, [script, place], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const begun = Promise.withResolvers<void>();
  const lines = randomInt(1, 4);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > lines) begun.resolve();
  });
  const closed = once(child, 'close').then(() => begun.resolve());
  await begun.promise;
  await sleep(Math.random() * 100);
  child.kill('SIGKILL');
  await closed;
  assert.equal(errors, '');
  // The last line may be cut.
  for (const line of output.split('\n').slice(0, -1))
    for (const id of line.split(' ').filter(Boolean)) committed.add(id);
}
