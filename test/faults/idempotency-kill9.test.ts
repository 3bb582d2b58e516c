import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedded } from '../../src/platform/database/embedded-engine.ts';
import { credentialsOf, newRegistration } from '../factories.ts';
import { keyed, newKey } from '../idempotency-calls.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import type { Answer } from './http-request.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const rounds = Number(process.env.FAULT_ROUNDS ?? 8);

type Change = { username: string; send: (server: ServerProcess) => Promise<Answer> };

type Killable = {
  server: ServerProcess;
  /** For use while the server is down. */
  query: (sql: string) => Promise<Record<string, unknown>[]>;
  /** Returns when the server has been killed while it carried the change out. */
  killIn: (server: ServerProcess, change: Change, round: number) => Promise<void>;
};

const engines = [
  { engine: 'PostgreSQL', start: onPostgres, skip: withoutPostgres },
  { engine: 'the embedded database', start: embedded, skip: false },
];

for (const { engine, start, skip } of engines) {
  test(`${rounds} kills about the COMMIT of keyed requests: one change each, no answer lost, ${engine}`, {
    skip,
  }, async (t) => {
    const { query, killIn, ...service } = await start(t);
    let { server } = service;
    const made: string[] = [];
    let replayed = 0;
    for (let round = 0; round < rounds; round += 1) {
      const change = await newChange(server, `Round ${round}`);
      await killIn(server, change, round);
      // An attempt that died without effect is taken over after its lease.
      await query('UPDATE idempotency_keys SET lease_until = now() WHERE NOT is_carried_out');
      server = await startServer(t, { env: server.env, readyTimeoutMs: 60_000 });
      const [first, second] = [await change.send(server), await change.send(server)];
      assert.deepEqual([first.status, first.body.full_name], [200, `Round ${round}`]);
      assert.deepEqual(second.body, first.body);
      assert.equal(second.headers.etag, first.headers.etag);
      assert.equal(second.headers['idempotency-replayed'], 'true');
      if (first.headers['idempotency-replayed'] === 'true') replayed += 1;
      made.push(change.username);
    }
    await server.kill9();
    const rows = await query(`
      SELECT username, count(*)::int AS count FROM users JOIN audit_events ON subject_id = users.id
       WHERE event = 'profile_changed' GROUP BY username`);
    assert.deepEqual(
      new Map(rows.map(({ username, count }) => [username, count])),
      new Map(made.map((username) => [username, 1])),
    );
    t.diagnostic(`${engine}: ${rounds} kills, ${replayed} after the change`);
    if (engine === 'PostgreSQL') assert.equal(replayed, Math.ceil(rounds / 2));
  });
}

/**
 * A kill after a COMMIT that the server never hears of, and before one that is never sent, in turn.
 */
async function onPostgres(t: TestContext): Promise<Killable> {
  const opened = Promise.withResolvers<FaultProxy>();
  const service = await startDatabaseService(t, {}, async (targetPort) => {
    opened.resolve(await startFaultProxy({ targetHost: '127.0.0.1', targetPort }));
    return (await opened.promise).port;
  });
  const proxy = await opened.promise;
  t.after(() => proxy.close());
  const killIn: Killable['killIn'] = async (server, change, round) => {
    const killed = Promise.withResolvers<unknown>();
    const cut = round % 2 === 0 ? 'after-commit' : 'before-commit';
    await proxy.mode({ cut, times: 1, onCut: () => killed.resolve(server.kill9()) });
    await assert.rejects(change.send(server));
    await killed.promise;
    await proxy.mode('pass');
  };
  return { ...service, killIn };
}

async function embedded(t: TestContext): Promise<Killable> {
  const server = await startUnlimited(t, {}, { readyTimeoutMs: 60_000 });
  const query: Killable['query'] = async (sql) => {
    const engine = await openEmbedded(server.env.DATA_DIR ?? '');
    const connection = await engine.openMigrationConnection();
    const rows = await connection.query(sql);
    await engine.close();
    return rows;
  };
  const killIn: Killable['killIn'] = async (running, change) => {
    const sent = change.send(running).catch(() => null);
    // Up to half a second, evenly over the orders of magnitude: machines differ.
    await sleep(500 ** Math.random());
    await running.kill9();
    await sent;
  };
  return { server, query, killIn };
}

async function newChange(server: ServerProcess, fullName: string): Promise<Change> {
  const { username, email, password } = newRegistration();
  const body = { username, email, password };
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  const login = await server.request('POST', '/api/users/login', { body: credentialsOf(body) });
  const options = {
    ...keyed(String(login.body.access_token), newKey()),
    body: { full_name: fullName },
  };
  return { username, send: (asked) => asked.request('PUT', '/api/users/me', options) };
}
