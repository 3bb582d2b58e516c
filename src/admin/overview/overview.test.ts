import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { insertBulkUsers } from '../../../test/bulk-users.ts';
import {
  credentialsOf,
  newRegistration,
  signedInAdmin,
  signedInUser,
  signIn,
} from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { version } from '../../configuration/version.ts';
import { userRealm } from '../../domain/realms/realms.ts';

type Day = { day: string; registrations: number; sign_ins: number; failed_sign_ins: number };

const aDay = 24 * 60 * 60;

async function overviewOf(test: TestApp) {
  // A new session each time: the clock may have ended the one before.
  const { accessToken: token } = await signedInAdmin(test);
  const answer = await test.api.get('/api/admins/overview', { token });
  assertStatus(answer, 200);
  return answer.body;
}

function dayOf(test: TestApp, daysAgo = 0): string {
  return new Date(test.clock.now().getTime() - daysAgo * aDay * 1000).toISOString().slice(0, 10);
}

/** Away from midnight, so that a test does not run on two days. */
async function goToNoon({ clock }: TestApp): Promise<void> {
  const seconds = (clock.now().getTime() / 1000) % aDay;
  await clock.advance(aDay - seconds + aDay / 2);
}

async function fail({ api }: TestApp, username: string): Promise<void> {
  assertStatus(await api.post('/api/users/login', { username, password: 'amber kettle 17' }), 401);
}

test('an empty service has ninety days of zeros, today last, and its version', async (t) => {
  const test = await createTestApp(t);
  await goToNoon(test);
  const { users, days, mail_queue, hash_queue, version: shown } = await overviewOf(test);
  const nobody = {
    active: 0,
    inactive: 0,
    deleted: 0,
    verified: 0,
    unverified: 0,
    superusers: 0,
    invited: 0,
  };
  assert.deepEqual(users, nobody);
  assert.deepEqual(mail_queue, { queued: 0, retrying: 0, dead: 0, oldest_queued_seconds: null });
  assert.deepEqual(Object.keys(hash_queue), ['waiting', 'capacity']);
  assert.equal(hash_queue.waiting, 0);
  assert.equal(shown, version);
  const expected = Array.from({ length: 90 }, (_, at) => dayOf(test, 89 - at));
  assert.deepEqual(
    days,
    expected.map((day) => ({ day, registrations: 0, sign_ins: 0, failed_sign_ins: 0 })),
  );
});

test('registrations, sign-ins and failures count on their day in UTC, for ninety days', async (t) => {
  const test = await createTestApp(t);
  await goToNoon(test);
  const registration = newRegistration();
  assertStatus(await test.api.post('/api/users/register', registration), 201);
  for (let count = 0; count < 3; count += 1)
    assertStatus(await test.api.post('/api/users/login', credentialsOf(registration)), 200);
  await fail(test, registration.username);
  await fail(test, 'nobody.at.all');
  const first = (await overviewOf(test)).days.at(-1);
  const expected = { registrations: 1, sign_ins: 3, failed_sign_ins: 2 };
  assert.deepEqual(first, { day: dayOf(test), ...expected });

  await test.clock.advance(aDay / 2 - 60);
  await signIn(test, userRealm, registration);
  await test.clock.advance(120);
  await signIn(test, userRealm, registration);
  await test.tidyUp();
  const [before, today] = (await overviewOf(test)).days.slice(-2) as [Day, Day];
  assert.deepEqual([before.sign_ins, today.sign_ins, today.registrations], [4, 1, 0]);

  await test.clock.advance(88 * aDay);
  await test.tidyUp();
  const oldest: Day = (await overviewOf(test)).days[0];
  assert.deepEqual(oldest, { day: before.day, registrations: 1, sign_ins: 4, failed_sign_ins: 2 });
  await test.clock.advance(20 * aDay);
  await test.tidyUp();
  const later: Day[] = (await overviewOf(test)).days;
  assert.equal(later.length, 90);
  assert.ok(later.every(({ registrations, sign_ins }) => registrations + sign_ins === 0));
  const { rows } =
    await sql`SELECT FROM sign_in_counts UNION ALL SELECT FROM registration_counts`.execute(
      test.db,
    );
  assert.deepEqual(rows, []);
});

test('admins and their sign-ins are not in the figures of users', async (t) => {
  const test = await createTestApp(t);
  const admin = await signedInAdmin(test);
  assertStatus(await test.api.post('/api/admins/login', credentialsOf(admin)), 200);
  const wrong = { username: admin.username, password: 'amber kettle 17' };
  assertStatus(await test.api.post('/api/admins/login', wrong), 401);
  const { users, days } = await overviewOf(test);
  assert.equal(users.active, 0);
  assert.ok(days.every((day: Day) => day.registrations + day.sign_ins + day.failed_sign_ins === 0));
});

test('users are counted by state, and deleted ones as deleted only', async (t) => {
  const test = await createTestApp(t);
  const { db } = test;
  await insertBulkUsers(db, 40);
  await sql`UPDATE users SET is_email_verified = true WHERE username < 'bulk2'`.execute(db);
  await sql`UPDATE users SET is_superuser = true WHERE username IN ('bulk1', 'bulk2')`.execute(db);
  await sql`UPDATE users SET deleted_at = now(), deleted_by = 'admin', erase_at = now()
    WHERE username IN ('bulk1', 'bulk10', 'bulk3')`.execute(db);
  const { users } = await overviewOf(test);
  assert.deepEqual(users, {
    active: 34,
    inactive: 3,
    deleted: 3,
    verified: 9,
    unverified: 28,
    superusers: 1,
    invited: 0,
  });
});

test('the mail queue shows what waits, what is tried again, what is dead, and since when', async (t) => {
  const test = await createTestApp(t);
  const { email } = await signedInUser(test);
  for (let count = 0; count < 3; count += 1) {
    assertStatus(await test.api.post('/api/password/forgot-password', { email }), 200);
    await test.mailbox.deliver();
    await test.clock.advance(60);
  }
  const [dead, retrying, fresh] = (await test.mailbox.mails()).map(({ id }) => id);
  await sql`UPDATE mails SET status = 'dead' WHERE id = ${dead}`.execute(test.db);
  await sql`UPDATE mails SET status = 'queued', attempts = 2 WHERE id = ${retrying}`.execute(
    test.db,
  );
  await sql`UPDATE mails SET status = 'queued', attempts = 0 WHERE id = ${fresh}`.execute(test.db);
  const { mail_queue } = await overviewOf(test);
  const { oldest_queued_seconds: age, ...counts } = mail_queue;
  assert.deepEqual(counts, { queued: 2, retrying: 1, dead: 1 });
  assert.ok(age >= 120 && age < 180, `${age} seconds`);
});

test('the overview is for admins, and reads what is kept, however many users there are', async (t) => {
  const test = await createTestApp(t);
  const { accessToken: user } = await signedInUser(test);
  assertStatus(await test.api.get('/api/admins/overview'), 401);
  assertStatus(await test.api.get('/api/admins/overview', { token: user }), 403);
  const { accessToken: token } = await signedInAdmin(test, { superadmin: false });
  const before = test.statements().length;
  assertStatus(await test.api.get('/api/admins/overview', { token }), 200);
  const read = test.statements().slice(before);
  assert.ok(read.length <= 10, `${read.length} statements`);
  // The invited are few, have an index of their own, and are counted up to a limit.
  const [invited, ...more] = read.filter((text) => /from "?(users|audit_events)\b/i.test(text));
  assert.match(invited ?? '', /WHERE invited_at IS NOT NULL [^;]*ORDER BY created_at, id LIMIT/);
  assert.deepEqual(more, []);
});
