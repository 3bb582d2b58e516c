import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { eventsOf } from '../../../test/audited-life.ts';
import { adminOn, deletedByOwner } from '../../../test/deletion-calls.ts';
import { moveTo, verifiedUser } from '../../../test/email-calls.ts';
import { newRegistration, registeredUser, signedInAdmin, signIn } from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { rowsWith } from '../../../test/whole-database.ts';
import { assembly } from '../../app.ts';
import { eventsErasedAtOnce } from '../../domain/audit/audit-store.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { durations } from '../../platform/durations.ts';
import { eraseDueAccounts } from './erase-accounts.ts';

const grace = durations.days(30);

test('after the grace an account is erased from every table, and its names are free', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service, { fullName: 'Nadia Trace' });
  const email = `moved.${user.email}`;
  await moveTo(service, user, email);
  const from = {
    remoteAddress: '203.0.113.77',
    headers: { 'user-agent': 'Netscape/4.8 (a rare one)' },
  };
  const { username, password } = user;
  assertStatus(await service.api.post('/api/users/login', { username, password }, from), 200);
  await deletedByOwner(service, await signIn(service, userRealm, { ...user, email: user.email }));
  const traces = [username, user.email, email, 'Nadia Trace', '203.0.113.77', 'Netscape'];
  await service.clock.advance(grace - 60);
  await service.tidyUp();
  assert.ok((await rowsWith(service.db, traces)).length > 3);
  await service.clock.advance(120);
  // As the queue itself does, all the time.
  await sql`DELETE FROM jobs.job WHERE keep_until < now()`.execute(service.db);
  await service.tidyUp();
  assert.deepEqual(await rowsWith(service.db, traces), []);
  const admin = await signedInAdmin(service);
  const events = await eventsOf(service, admin, `&subject=${user.id}`);
  assert.deepEqual(
    [events[0]?.event, events[0]?.actor, events[0]?.ip, events[0]?.details],
    ['user_erased', null, null, {}],
  );
  assert.ok(events.length > 5);
  const on = adminOn(service, admin, user);
  for (const call of [on.read, on.restore, on.delete]) assertStatus(await call(), 404);
  const names = { username: username.toUpperCase(), email: user.email };
  assertStatus(await service.api.post('/api/users/register', newRegistration(names)), 201);
});

test('two processes that erase at once erase each account once', async (t) => {
  const service = await createTestApp(t);
  const users = await deletedUsers(service, 6);
  await Promise.all([service.tidyUp(), service.tidyUp()]);
  const erased = service.db
    .selectFrom('audit_events')
    .select('subject_id')
    .where('event', '=', 'user_erased');
  const ids = (await erased.execute()).map(({ subject_id: id }) => id);
  assert.deepEqual(ids.toSorted(), users.map(({ id }) => id).toSorted());
});

test('an account that cannot be erased is left whole and holds up no other', async (t) => {
  const service = await createTestApp(t);
  const [stuck, other] = await deletedUsers(service, 2);
  await sql`CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS ${sql.lit(
    `BEGIN IF OLD.subject_id = '${stuck?.id}' THEN RAISE EXCEPTION 'no'; END IF; RETURN OLD; END`,
  )}`.execute(service.db);
  await sql`CREATE TRIGGER fail BEFORE DELETE ON links FOR EACH ROW EXECUTE FUNCTION fail()`.execute(
    service.db,
  );
  t.after(() => sql`DROP TRIGGER fail ON links`.execute(service.db));
  await service.tidyUp();
  assert.match(service.logs(), /Cleanup failed/);
  const on = (user: { id: string } | undefined) => ({ id: user?.id ?? '' });
  const admin = await signedInAdmin(service);
  assertStatus(await adminOn(service, admin, on(stuck)).restore(), 200);
  assertStatus(await adminOn(service, admin, on(other)).read(), 404);
  await signIn(service, userRealm, stuck as NonNullable<typeof stuck>);
});

test('an account with more events than one statement clears is erased', async (t) => {
  const service = await createTestApp(t);
  const [user] = await deletedUsers(service, 1);
  await sql`
    INSERT INTO audit_events (id, occurred_at, event, outcome, subject_kind, subject_id, ip, details)
    SELECT gen_random_uuid(), now(), 'sign_in', 'failure', 'user', ${user?.id ?? ''}::uuid, '203.0.113.9', '{}'
      FROM generate_series(1, ${eventsErasedAtOnce + 10}::int) AS n`.execute(service.db);
  // Without the rest of the upkeep, which would chain all these events first.
  await eraseDueAccounts({ ...service.deps, ...assembly });
  const left = service.db.selectFrom('audit_events').select('id').where('ip', '=', '203.0.113.9');
  assert.deepEqual(await left.execute(), []);
});

/** Users whom an admin deleted, and whose time is over. */
async function deletedUsers(service: TestApp, count: number) {
  const admin = await signedInAdmin(service);
  const users = [];
  for (let at = 0; at < count; at += 1) users.push(await registeredUser(service));
  for (const user of users) assertStatus(await adminOn(service, admin, user).delete(), 204);
  await service.db
    .updateTable('users')
    .set({ erase_at: new Date(0) })
    .where('erase_at', 'is not', null)
    .execute();
  return users;
}
