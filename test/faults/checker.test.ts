import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goodPassword } from '../factories.ts';
import { findLosses } from './checker.ts';
import { type Knowledge, type KnownSession, learn } from './knowledge.ts';
import type { Ledger } from './ledger.ts';
import { type Ask, asks, exchangeOf, newPerson } from './people.ts';
import {
  type DatabaseService,
  newLedger,
  startDatabaseService,
  withoutPostgres,
} from './postgres-backed.ts';

type Loss = { loss: string; sql: (own: string, id: string) => string; shown: RegExp };

const theirs = (id: string) => `subject_id = ${id}`;
const losses: Loss[] = [
  { loss: 'an account', sql: (own) => `DELETE FROM users WHERE ${own}`, shown: /is lost/ },
  {
    loss: 'a name',
    sql: (own) => `UPDATE users SET full_name = 'Name 0' WHERE ${own}`,
    shown: /has the name Name 0/,
  },
  {
    loss: 'a password change',
    sql: (
      own,
    ) => `UPDATE users SET password_hash = fresh.password_hash, password_key = fresh.password_key
      FROM users AS fresh WHERE users.${own} AND fresh.password_version = 1`,
    shown: /login was answered 401: the right password/,
  },
  {
    loss: "a session's end",
    sql: (_own, id) => `UPDATE sessions SET revoked_at = NULL WHERE ${theirs(id)}`,
    shown: /was answered 200: the session had ended/,
  },
  {
    loss: 'a session',
    sql: (_own, id) => `UPDATE sessions SET revoked_at = now() WHERE ${theirs(id)}`,
    shown: /me was answered 401: the session was valid/,
  },
  {
    loss: 'a rotation',
    sql: (
      _own,
      id,
    ) => `UPDATE sessions SET generation = 0, current_hash = previous_hash, previous_hash = NULL
      WHERE ${theirs(id)} AND generation = 1`,
    shown: /refresh was answered 401: the session was valid/,
  },
  {
    loss: 'a write applied twice',
    sql: (own) => `UPDATE users SET password_version = 3 WHERE ${own}`,
    shown: /changed 2 times, 1 were acknowledged/,
  },
];

test('the checker names each loss, and nothing if nothing is lost', {
  skip: withoutPostgres,
}, async (t) => {
  const service = await startDatabaseService(t);
  const { ledger, file } = await newLedger(t);
  const victims = await Promise.all(losses.map(() => liveALittle(service, ledger)));
  const spared = await liveALittle(service, ledger);
  const fresh = newPerson();
  await send(service, ledger, fresh, asks.register(fresh));
  await ledger.close();

  for (const [index, { sql }] of losses.entries()) {
    const own = `username = '${victims[index]?.username}'`;
    await service.query(sql(own, `(SELECT id FROM users WHERE ${own})`));
  }
  const faults = await findLosses(service, file);
  for (const [index, { loss, shown }] of losses.entries()) {
    const own = faults.filter((fault) => fault.startsWith(victims[index]?.username ?? ''));
    assert.ok(
      own.some((fault) => shown.test(fault)),
      `${loss}: ${own.join('; ')}`,
    );
  }
  assert.ok(
    faults.some((fault) => fault.includes('"orphans":3')),
    String(faults.at(-1)),
  );
  for (const { username } of [spared, fresh]) {
    assert.deepEqual(
      faults.filter((fault) => fault.startsWith(username)),
      [],
    );
  }
});

/** Covers every kind of acknowledged write; in the end one session is valid and two are not. */
async function liveALittle(service: DatabaseService, ledger: Ledger): Promise<Knowledge> {
  const person = newPerson();
  const { sessions } = person;
  const steps: ((session: KnownSession) => Ask)[] = [
    () => asks.register(person),
    () => asks.login(person, goodPassword),
    () => asks.login(person, goodPassword),
    () => asks.login(person, goodPassword),
    (session) => asks.refresh(person, session.refreshToken),
    (session) => asks.rename(person, session),
    () => asks.logout(person, sessions[1]?.refreshToken ?? ''),
    (session) => asks.changePassword(person, session),
    (session) => asks.me(person, session),
  ];
  for (const step of steps) await send(service, ledger, person, step(sessions[0] as KnownSession));
  assert.deepEqual(
    sessions.map(({ state }) => state),
    ['live', 'dead', 'dead'],
  );
  return person;
}

async function send(
  { server }: DatabaseService,
  ledger: Ledger,
  person: Knowledge,
  ask: Ask,
): Promise<void> {
  const answer = await ledger.request(server, ask.method, ask.path, ask.options);
  assert.deepEqual(learn(person, exchangeOf(ask, answer)), []);
}
