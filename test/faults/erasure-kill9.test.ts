import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { insertAccount } from '../../src/domain/accounts/account-store.ts';
import { recordEvent } from '../../src/domain/audit/record-event.ts';
import type { Dependencies } from '../../src/domain/dependencies.ts';
import { insertLink } from '../../src/domain/one-time-tokens/link-store.ts';
import { insertMail } from '../../src/domain/outbox/mail-store.ts';
import { partyOf, userRealm } from '../../src/domain/realms/realms.ts';
import { insertSession } from '../../src/domain/sessions/insert-session.ts';
import { transact } from '../../src/platform/database/database.ts';
import { runInRequest } from '../../src/platform/logging/request-context.ts';
import { newRegistration } from '../factories.ts';
import { startPrivatePostgres } from '../postgres/private-postgres.ts';
import { openDomain } from './domain-alone.ts';
import { withoutPostgres } from './postgres-backed.ts';

const rounds = Number(process.env.FAULT_ROUNDS ?? 8);
const perRound = 20;

type Environment = Record<string, string>;

const engines = [
  { engine: 'PostgreSQL', environment: ofPostgres, skip: withoutPostgres },
  { engine: 'the embedded database', environment: ofEmbedded, skip: false },
];

for (const { engine, environment, skip } of engines) {
  describe(`kill -9 while accounts are erased on ${engine}`, { skip }, () => {
    test(`${rounds} kills leave each account whole or gone, and each is erased once`, async (t) => {
      const env = await environment(t);
      const ids: string[] = [];
      let [cutShort, amid, goneBefore] = [0, 0, 0];
      for (let round = 0; round < rounds; round += 1) {
        ids.push(...(await withDomain(env, (deps) => insertDueAccounts(deps))));
        // From one millisecond to two seconds, evenly over the orders of magnitude: machines
        // differ.
        await eraseUntilKilled(env, 2000 ** Math.random());
        const states = await withDomain(env, (deps) => examine(deps, ids));
        assert.deepEqual(
          states.filter((state) => !['whole', 'gone'].includes(state)),
          [],
        );
        if (states.includes('whole')) cutShort += 1;
        const gone = states.filter((state) => state === 'gone').length;
        if (states.includes('whole') && gone > goneBefore) amid += 1;
        goneBefore = gone;
      }
      // One run erases a hundred at most.
      for (let left = ids.length; left > 0; left -= 100) await eraseUntilKilled(env, null);
      const states = await withDomain(env, (deps) => examine(deps, ids));
      assert.deepEqual(new Set(states), new Set(['gone']));
      t.diagnostic(
        `${engine}: ${rounds} kills, ${cutShort} before all were erased, ${amid} amid them`,
      );
      assert.ok(cutShort > 0, 'a kill came before all accounts were erased');
    });
  });
}

async function ofPostgres(t: TestContext): Promise<Environment> {
  const postgres = await startPrivatePostgres();
  t.after(() => postgres.destroy());
  await postgres.query("CREATE ROLE service LOGIN PASSWORD 'of the tests'");
  await postgres.query('CREATE DATABASE adl OWNER service');
  return { ...common, DATABASE_URL: postgres.url('adl', 'service', 'of the tests') };
}

async function ofEmbedded(t: TestContext): Promise<Environment> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-erasure-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return { ...common, DATA_DIR: directory };
}

const common = {
  ENVIRONMENT: 'test',
  SECRET_KEY: randomBytes(32).toString('base64'),
  PATH: process.env.PATH ?? '',
};

async function withDomain<T>(
  env: Environment,
  work: (deps: Dependencies) => Promise<T>,
): Promise<T> {
  const { deps, close } = await openDomain(env);
  try {
    return await work(deps);
  } finally {
    await close();
  }
}

/** Kills it so many milliseconds after it began to erase; null lets it end. */
async function eraseUntilKilled(env: Environment, milliseconds: number | null): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'erase-due.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exited]);
  if (milliseconds !== null) {
    await sleep(milliseconds);
    child.kill('SIGKILL');
  }
  const [code, signal] = await exited;
  assert.ok(code === 0 || (milliseconds !== null && signal === 'SIGKILL'), `${code} ${signal}`);
}

/** Deleted users with a row in every table, whose time is over. */
async function insertDueAccounts(deps: Dependencies): Promise<string[]> {
  const ids: string[] = [];
  for (let count = 0; count < perRound; count += 1) ids.push(await insertTraceful(deps));
  const due = { deleted_at: new Date(0), deleted_by: 'admin', erase_at: new Date(0) } as const;
  await deps.db.updateTable('users').set(due).where('id', 'in', ids).execute();
  return ids;
}

function insertTraceful(deps: Dependencies): Promise<string> {
  const request = { id: randomUUIDv7(), clientAddress: '203.0.113.7', headers: {} };
  const { promise, resolve } = Promise.withResolvers<string>();
  runInRequest(request, () =>
    resolve(
      transact(deps.db, async (trx) => {
        const { username, email } = newRegistration();
        const password = { scheme: 'bcrypt', hash: 'none', key: null } as const;
        const { id } = await insertAccount(trx, userRealm, {
          username,
          email,
          full_name: null,
          password,
        });
        const subject = partyOf(userRealm, id);
        const hashes = { tokenHash: randomBytes(32), deviceHash: randomBytes(32) };
        const session = {
          id: randomUUIDv7(),
          subjectId: id,
          keyId: 'key',
          ip: '203.0.113.7',
          userAgent: 'agent',
          methods: ['pwd'] as const,
        };
        await insertSession(
          trx,
          userRealm,
          { ...session, ...hashes },
          { idleSeconds: 1000, maxSeconds: 1000 },
        );
        const link = {
          purpose: 'password_reset',
          subjectId: id,
          passwordVersion: 1,
          email,
          lifeSeconds: 1000,
        } as const;
        const linkId = await insertLink(trx, deps, link);
        const mail = {
          kind: 'password_reset',
          recipient: email,
          subject,
          linkId,
          device: null,
          ip: null,
        } as const;
        await deps.jobs.send(trx, 'mails', {
          mailId: await insertMail(trx, { ...mail, lifeSeconds: 1000 }),
        });
        for (let count = 0; count < 3; count += 1)
          await recordEvent(deps, trx, { event: 'sign_in', subject });
        return id;
      }),
    ),
  );
  return promise;
}

/** Of each account: `whole`, `gone`, or the counts that are neither. */
async function examine({ db }: Dependencies, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ counts: number[] }>`
    SELECT array[
      (SELECT count(*) FROM users WHERE id = one.id),
      (SELECT count(*) FROM sessions WHERE subject_id = one.id),
      (SELECT count(*) FROM links WHERE subject_id = one.id),
      (SELECT count(*) FROM mails WHERE subject_id = one.id),
      (SELECT count(*) FROM audit_events WHERE subject_id = one.id AND ip IS NOT NULL),
      (SELECT count(*) FROM audit_events WHERE subject_id = one.id AND event = 'user_erased')]::int[] AS counts
      FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS one (id, position) ORDER BY position`.execute(
    db,
  );
  const jobs = await sql<{ orphans: number }>`
    SELECT count(*)::int AS orphans FROM jobs.job
     WHERE NOT EXISTS (SELECT FROM mails WHERE id::text = data #>> '{payload,mailId}')`.execute(db);
  assert.equal(jobs.rows[0]?.orphans, 0);
  const names: Record<string, string> = { '1,1,1,1,3,0': 'whole', '0,0,0,0,0,1': 'gone' };
  return rows.map(({ counts }) => names[counts.join()] ?? counts.join());
}
