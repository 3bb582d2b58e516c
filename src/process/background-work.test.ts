import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../test/api.ts';
import { registeredUser as signedInUser } from '../../test/factories.ts';
import { forgot } from '../../test/reset-calls.ts';
import { createTestApp, type TestApp } from '../../test/test-app.ts';
import { assembly, parts } from '../app.ts';
import { durations } from '../platform/durations.ts';
import { cleanUp } from './background-work.ts';

async function rowCounts({ db }: TestApp) {
  const counts: Record<string, number> = {};
  for (const table of ['users', 'sessions', 'links', 'mails', 'throttles'] as const) {
    counts[table] = (await db.selectFrom(table).selectAll().execute()).length;
  }
  return counts;
}

test('rows are deleted a month after they expired, and no others', async (t) => {
  const service = await createTestApp(t);
  await signedInUser(service);
  await service.mailbox.deliver();
  await service.clock.advance(durations.days(61));
  const recent = await signedInUser(service);
  await service.mailbox.deliver();
  assert.deepEqual(await rowCounts(service), {
    users: 2,
    sessions: 2,
    links: 2,
    mails: 2,
    throttles: 2,
  });
  await service.tidyUp();
  assert.deepEqual(await rowCounts(service), {
    users: 2,
    sessions: 1,
    links: 1,
    mails: 1,
    throttles: 1,
  });
  assertStatus(await service.api.get('/api/users/me', { token: recent.accessToken }), 200);
  assert.ok(await service.mailbox.token('email_verification', recent.email));
});

test('a failing cleanup step does not stop the others and is logged once', async (t) => {
  const service = await createTestApp(t);
  await signedInUser(service);
  await service.clock.advance(durations.days(61));
  // Only the first step updates a table.
  const db = new Proxy(service.db, {
    get: (target, name) => {
      if (name === 'updateTable') throw new Error('no update for now');
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  await cleanUp(parts, { ...service.deps, ...assembly, db });
  assert.equal((await rowCounts(service)).sessions, 0);
  assert.equal(service.logs().match(/Cleanup failed/g)?.length, 1);
});

test('a queued mail is never deleted: when it expires it becomes dead', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await service.mailbox.deliver();
  assertStatus(await forgot(service.api, user.email), 200);
  // Requests a link; its mail is queued but not sent.
  await service.jobs.runDue({
    mails: async () => {
      throw new Error('sending is off');
    },
    'password-reset-requests': async () => {},
    'email-sign-in-requests': async () => {},
  });
  await service.db.updateTable('mails').set({ status: 'queued', finished_at: null }).execute();
  await service.tidyUp();
  assert.equal(
    (await service.db.selectFrom('mails').select('status').executeTakeFirst())?.status,
    'queued',
  );
  await service.clock.advance(durations.hours(24) + 1);
  await service.tidyUp();
  const mail = await service.db.selectFrom('mails').selectAll().executeTakeFirst();
  assert.deepEqual([mail?.status, mail?.last_error], ['dead', 'expired']);
  assert.match(service.logs(), /Mails are dead: they expired before they could be sent/);
});
