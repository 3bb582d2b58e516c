import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedded } from '../../src/platform/database/embedded-engine.ts';
import { goodPassword } from '../factories.ts';
import { recall } from './checker.ts';
import type { Answer } from './http-request.ts';
import { type Knowledge, learn } from './knowledge.ts';
import { type Ledger, readLedger } from './ledger.ts';
import { type Ask, asks, exchangeOf, newPerson } from './people.ts';
import {
  newLedger,
  startDatabaseService,
  startUnlimited,
  withoutPostgres,
} from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** `query` is for use while the server is down. */
type Killable = {
  server: ServerProcess;
  query: (sql: string) => Promise<Record<string, unknown>[]>;
};

const rounds = Number(process.env.FAULT_ROUNDS ?? 8);
const engines = [
  { engine: 'PostgreSQL', start: startDatabaseService, skip: withoutPostgres },
  { engine: 'the embedded database', start: startEmbeddedService, skip: false },
];

for (const { engine, start, skip } of engines) {
  describe(`kill -9 on ${engine}`, { skip }, () => {
    test(`FI-21 ${rounds} kills: acknowledged registrations are kept, others are whole or free`, async (t) => {
      const service: Killable = await start(t);
      let { server } = service;
      const { ledger, file } = await newLedger(t);
      for (let round = 0; round < rounds; round += 1) {
        const people = Array.from({ length: 20 }, newPerson);
        server = await killAmong(t, server, randomInt(20), (counted) =>
          people.map(asks.register).map((ask) => send(ledger, counted, ask)),
        );
        const known = recall(readLedger(file)).people.slice(-people.length);
        const examined = await Promise.all(known.map((person) => examine(server, person)));
        assert.deepEqual(examined.flat(), []);
      }
      await ledger.close();
      await server.kill9();

      const { people, faults } = recall(readLedger(file));
      assert.deepEqual(faults, []);
      const { yes = [], maybe = [] } = Object.groupBy(people, ({ exists }) => exists);
      assert.ok(
        yes.length >= rounds && maybe.length >= rounds,
        `${yes.length} and ${maybe.length}`,
      );
      const rows = await service.query('SELECT username FROM users ORDER BY username');
      const usernames = people.map(({ username }) => username);
      assert.deepEqual(
        rows.map(({ username }) => username),
        usernames.toSorted(),
      );
    });

    test('FI-24 a kill among a hundred waiting logins does not affect the next start', async (t) => {
      const service: Killable = await start(t, {
        BCRYPT_ROUNDS: '10',
        HASH_QUEUE_MAX_WAIT_SECONDS: '60',
      });
      const { ledger, file } = await newLedger(t);
      const people = Array.from({ length: 4 }, newPerson);
      await Promise.all(
        people.map((person) => send(ledger, service.server, asks.register(person))),
      );
      const logins = people.flatMap((person) =>
        Array.from({ length: 25 }, () => asks.login(person, goodPassword)),
      );
      const server = await killAmong(t, service.server, 5, (counted) =>
        logins.map((ask) => send(ledger, counted, ask)),
      );
      await ledger.close();

      const entries = readLedger(file);
      const lost = entries.filter(({ answer }) => answer === null);
      assert.ok(lost.length > 50, `${lost.length} logins were in progress`);
      const { people: known, faults } = recall(entries);
      assert.deepEqual(faults, []);
      for (const person of known) {
        for (const session of person.sessions)
          assert.deepEqual(await faultsOf(server, person, asks.me(person, session)), []);
        assert.deepEqual(await faultsOf(server, person, asks.login(person, goodPassword)), []);
      }
      assert.match(server.logs(), /migrations: ok \(nothing to do\)/);
      assert.doesNotMatch(server.logs(), /failed|error|WARN/i);
    });
  });
}

async function startEmbeddedService(
  t: TestContext,
  env: Record<string, string> = {},
): Promise<Killable> {
  const server = await startUnlimited(t, env);
  const query: Killable['query'] = async (sql) => {
    const engine = await openEmbedded(server.env.DATA_DIR ?? '');
    const connection = await engine.openMigrationConnection();
    const rows = await connection.query(sql);
    await engine.close();
    return rows;
  };
  return { server, query };
}

type Asked = Pick<ServerProcess, 'request'>;

function send(ledger: Ledger, server: Asked, { method, path, options }: Ask): Promise<Answer> {
  return ledger.request(server, method, path, options);
}

/** Kills the server shortly after it gave this many answers; returns the restarted one. */
async function killAmong(
  t: TestContext,
  server: ServerProcess,
  answers: number,
  sendAll: (server: Asked) => Promise<Answer>[],
): Promise<ServerProcess> {
  const enough = Promise.withResolvers<void>();
  let count = 0;
  // Counted as they arrive: the ledger groups them by disk sync, so they would come all at once.
  const request = async <Body>(...asked: Parameters<Asked['request']>): Promise<Answer<Body>> => {
    const answer = await server.request<Body>(...asked);
    count += 1;
    if (count === answers) enough.resolve();
    return answer;
  };
  const settled = Promise.allSettled(sendAll({ request }));
  if (answers > 0) await Promise.race([enough.promise, settled]);
  await sleep(Math.random() * 8);
  await server.kill9();
  await settled;
  return startServer(t, { env: server.env });
}

/**
 * A free name can be registered, an existing account can sign in by both names: then each index has
 * the row.
 */
async function examine(server: ServerProcess, person: Knowledge): Promise<string[]> {
  const faults: string[] = [];
  for (const ask of [asks.register, asks.login, asks.loginByEmail]) {
    faults.push(...(await faultsOf(server, person, ask(person, goodPassword))));
  }
  const [session] = person.sessions;
  if (session) return [...faults, ...(await faultsOf(server, person, asks.me(person, session)))];
  return [...faults, `${person.username} has no session`];
}

async function faultsOf(server: ServerProcess, person: Knowledge, ask: Ask): Promise<string[]> {
  const answer = await server.request(ask.method, ask.path, ask.options);
  const faults = learn(person, exchangeOf(ask, answer));
  return answer.status < 500 ? faults : [...faults, `${ask.path} was answered ${answer.status}`];
}
