import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { goodPassword } from '../factories.ts';
import { findLosses } from './checker.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { type Knowledge, type KnownSession, learn } from './knowledge.ts';
import { type Ledger, readLedger } from './ledger.ts';
import { type Ask, asks, exchangeOf, newPerson } from './people.ts';
import {
  assertPoolAtRest,
  type DatabaseService,
  newLedger,
  startDatabaseService,
  withoutPostgres,
} from './postgres-backed.ts';
import { assertRefusals } from './refusals.ts';

type Operation = {
  name: string;
  /** A refresh is one statement, which commits by itself. */
  statement?: RegExp;
  ask: (person: Knowledge, session: KnownSession) => Ask;
  /** Whether it happened to the account `users`. */
  trace: string;
  /** The status of the same request again if the first was carried out. */
  againAfterIt: number;
};

const operations: Operation[] = [
  { name: 'registration', ask: () => asks.register(newPerson()), trace: 'true', againAfterIt: 409 },
  {
    name: 'password change',
    ask: asks.changePassword,
    trace: 'password_version = 2',
    // The session that changed it is still valid; the current password in the request no longer is.
    againAfterIt: 400,
  },
  {
    name: 'refresh',
    statement: /^\s*UPDATE sessions SET\s+generation/,
    ask: (person, { refreshToken }) => asks.refresh(person, refreshToken),
    trace: 'EXISTS (SELECT FROM sessions WHERE subject_id = users.id AND generation = 1)',
    againAfterIt: 200,
  },
  { name: 'rename', ask: asks.rename, trace: "full_name <> 'Name 0'", againAfterIt: 200 },
];

describe('a COMMIT is lost', { skip: withoutPostgres }, () => {
  const ends: (() => unknown)[] = [];
  let service: DatabaseService;
  let proxy: FaultProxy;
  let ledger: Ledger;
  let file: string;
  before(async () => {
    const context = { after: (end: () => unknown) => void ends.push(end) } as TestContext;
    service = await startDatabaseService(context, {}, async (targetPort) => {
      proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort });
      return proxy.port;
    });
    ({ ledger, file } = await newLedger(context));
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
    await proxy.close();
  });

  const send = async (ask: Ask) =>
    ledger.request(service.server, ask.method, ask.path, ask.options);

  async function signedInPerson(): Promise<{ person: Knowledge; session: KnownSession }> {
    const person = newPerson();
    const password = goodPassword;
    // A password change ends this second session.
    for (const ask of [
      asks.register(person),
      asks.login(person, password),
      asks.login(person, password),
    ]) {
      learn(person, exchangeOf(ask, await send(ask)));
    }
    const [session] = person.sessions;
    assert.ok(session && person.sessions.length === 2);
    return { person, session };
  }

  async function hasHappened(ask: Ask, trace: string): Promise<boolean> {
    const username = ask.options.headers?.['user-agent'];
    const rows = await service.query(
      `SELECT FROM users WHERE username = '${username}' AND ${trace}`,
    );
    return rows.length === 1;
  }

  for (const { name, statement, ask, trace, againAfterIt } of operations) {
    for (const cut of ['before-commit', 'after-commit'] as const) {
      const end = cut === 'before-commit' ? 'never happened; a retry works' : 'is fully done';
      test(`FI-06 a ${name} cut ${cut.replace('-', ' its ')} is a 503, and ${end}`, async () => {
        const { person, session } = await signedInPerson();
        const lost = ask(person, session);
        const cuts = proxy.cuts;
        await proxy.mode({ cut, times: 1, ...(statement ? { statement } : {}) });
        assert.equal((await send(lost)).status, 503);
        assert.equal(proxy.cuts, cuts + 1, 'there was a COMMIT to lose');
        assert.equal(await hasHappened(lost, trace), cut === 'after-commit');
        const normal = name === 'registration' ? 201 : 200;
        assert.equal((await send(lost)).status, cut === 'after-commit' ? againAfterIt : normal);
        assert.ok(await hasHappened(lost, trace));
      });
    }
  }

  test('FI-06 a retry after a lost COMMIT loses nothing and revives nothing', async () => {
    await ledger.close();
    const refused = assertRefusals(readLedger(file), 0);
    assert.equal(refused.length, 2 * operations.length);
    await assertPoolAtRest(service);
    assert.deepEqual(await findLosses(service, file), []);
    assert.doesNotMatch(service.server.logs(), /500 Internal Server Error|Uncaught/);
  });
});
