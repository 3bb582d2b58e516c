import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Answer } from '../../../test/answer.ts';
import { assertStatus } from '../../../test/api.ts';
import { move, moveTo, undo, undoToken, verifiedUser } from '../../../test/email-calls.ts';
import { newRegistration, type SignedIn, signedInUser } from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { onPostgres } from '../../../test/test-database.ts';
import type { Database } from '../../platform/database/database.ts';

const wanted = 'wanted@example.com';
// The embedded engine runs transactions one after the other.
const rounds = onPostgres ? 10 : 3;

/** A user who has `wanted` unverified and a verified address to fall back to. */
async function holderOfWanted(service: TestApp): Promise<SignedIn> {
  const holder = await verifiedUser(service);
  await moveTo(service, holder, wanted);
  return holder;
}

function statuses(answers: Answer[]): number[] {
  return answers.map(({ status }) => status).toSorted((one, other) => one - other);
}

async function ownersOf({ db }: TestApp, email: string): Promise<string[]> {
  const rows = await db.selectFrom('users').select('id').where('email', '=', email).execute();
  return rows.map(({ id }) => id);
}

test('of ten concurrent claims to one unverified address, one wins', async (t) => {
  for (let round = 0; round < rounds; round += 1) {
    const service = await createTestApp(t);
    const holder = await holderOfWanted(service);
    const movers = [await signedInUser(service), await signedInUser(service)];
    const answers = await Promise.all([
      ...movers.map((mover) => move(service, mover, wanted)),
      ...Array.from({ length: 8 }, () =>
        service.api.post('/api/users/register', newRegistration({ email: wanted })),
      ),
    ]);
    const [winner, ...losers] = statuses(answers);
    assert.ok(winner === 200 || winner === 201, `${winner}`);
    assert.deepEqual(losers, Array(9).fill(409));
    assert.equal((await ownersOf(service, wanted)).length, 1);
    assert.deepEqual(await ownersOf(service, holder.email), [holder.id]);
    assert.equal((await service.mailbox.mails('email_reverted')).length, 1);
  }
});

test('a claim and the holder’s verification race: exactly one wins', async (t) => {
  for (let round = 0; round < rounds; round += 1) {
    const service = await createTestApp(t);
    const holder = await holderOfWanted(service);
    const mover = await signedInUser(service);
    const token = await service.mailbox.token('email_verification', wanted);
    const verify = () => service.api.post('/api/users/verify-email', { token });
    const claim = () => move(service, mover, wanted);
    const isVerifyFirst = round % 2 === 0;
    const both = await Promise.all(isVerifyFirst ? [verify(), claim()] : [claim(), verify()]);
    const [verified, claimed] = isVerifyFirst ? both : both.toReversed();
    const isHolders = verified?.status === 200;
    assertStatus(claimed as Answer, isHolders ? 409 : 200);
    if (!isHolders) assertStatus(verified as Answer, 400);
    assert.deepEqual(await ownersOf(service, wanted), [isHolders ? holder.id : mover.id]);
  }
});

test('a claim and the holder’s undo race: each ends up with the right address', async (t) => {
  for (let round = 0; round < rounds; round += 1) {
    const service = await createTestApp(t);
    const holder = await holderOfWanted(service);
    const token = await undoToken(service, holder.email);
    const registration = newRegistration({ email: wanted });
    const [undone, claimed] = await Promise.all([
      undo(service, token),
      service.api.post('/api/users/register', registration),
    ]);
    assert.ok([200, 400].includes(undone.status), undone.text);
    // The claim sees the address still taken and finds it free when it writes.
    assertStatus(claimed, 201);
    assert.deepEqual(await ownersOf(service, holder.email), [holder.id]);
  }
});

test('two users who swap unverified addresses at once do not deadlock', {
  skip: !onPostgres && 'the embedded engine has one connection, so nothing waits for a lock',
}, async (t) => {
  const service = await createTestApp(t);
  const { db } = service;
  const [one, two] = [await verifiedUser(service), await verifiedUser(service)];
  await moveTo(service, one, 'one@example.com');
  await moveTo(service, two, 'two@example.com');
  const answers: Promise<Answer>[] = [];
  await db.transaction().execute(async (trx) => {
    await trx.selectFrom('users').select('id').where('id', '=', one.id).forUpdate().execute();
    // Locking the own row first would deadlock: each would hold its own and wait for the other's.
    answers.push(move(service, one, 'two@example.com'));
    await untilWaiting(db, 1);
    answers.push(move(service, two, 'one@example.com'));
    await untilWaiting(db, 2);
  });
  assert.deepEqual(statuses(await Promise.all(answers)), [200, 200]);
  assert.deepEqual(await ownersOf(service, 'two@example.com'), [one.id]);
  assert.deepEqual(await ownersOf(service, 'one@example.com'), [two.id]);
});

async function untilWaiting(db: Database, count: number): Promise<void> {
  const waiting = sql<{ count: number }>`SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await waiting.execute(db)).rows[0]?.count !== count) await new Promise(setImmediate);
}
