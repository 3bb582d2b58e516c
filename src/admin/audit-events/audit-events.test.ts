import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { type AuditEvent, eventsOf, liveThrough } from '../../../test/audited-life.ts';
import {
  newRegistration,
  type SignedIn,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
} from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';

test('the list filters by actor, subject, event and time, and pages completely', async (t) => {
  const service = await createTestApp(t);
  const { admin, user } = await liveThrough(service);
  const all = await eventsOf(service, admin);
  const bySubject = await eventsOf(service, admin, `&subject=${user.id}`);
  assert.deepEqual(
    bySubject,
    all.filter(({ subject }) => subject?.id === user.id),
  );
  const byActor = await eventsOf(service, admin, `&actor=${admin.id}&event=user_changed`);
  assert.deepEqual(
    byActor,
    all.filter(({ actor, event }) => actor?.id === admin.id && event === 'user_changed'),
  );
  const middle = all[10]?.occurred_at ?? '';
  const since = await eventsOf(service, admin, `&from=${middle}`);
  const before = await eventsOf(service, admin, `&to=${middle}`);
  assert.deepEqual([...since, ...before], all);

  const paged: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = `page_size=7${cursor ? `&cursor=${cursor}` : ''}`;
    const page = await service.api.get(`/api/admins/audit-events?${query}`, {
      token: admin.accessToken,
    });
    paged.push(...page.body.items.map(({ id }: AuditEvent) => id));
    assert.equal(page.body.total, all.length);
    cursor = page.body.next_cursor;
  }
  assert.deepEqual(
    paged,
    all.map(({ id }) => id),
  );
  for (const query of [
    'cursor=x',
    'event=nonsense',
    'from=yesterday',
    'from=0000-01-01T00:00:00Z',
    'actor=1',
  ]) {
    const answer = await service.api.get(`/api/admins/audit-events?${query}`, {
      token: admin.accessToken,
    });
    assertStatus(answer, 422);
  }
});

test('a user reads the events of their own account and no others', async (t) => {
  const service = await createTestApp(t);
  const ada = await signedInUser(service);
  const bob = await signedInUser(service);
  const admin = await signedInAdmin(service);
  assertStatus(
    await service.api.patch(
      `/api/admins/users/${ada.id}`,
      { full_name: 'A' },
      { token: admin.accessToken, remoteAddress: '203.0.113.77' },
    ),
    200,
  );
  const read = async ({ accessToken: token }: SignedIn) => {
    const answer = await service.api.get('/api/users/me/security-events', { token });
    assertStatus(answer, 200);
    assert.doesNotMatch(answer.text, /203\.0\.113\.77/, 'the address of an admin is not shown');
    return answer.body.items.map(({ event }: AuditEvent) => event);
  };
  assert.deepEqual(await read(ada), ['user_changed', 'sign_in', 'account_registered']);
  assert.deepEqual(await read(bob), ['sign_in', 'account_registered']);
  assertStatus(await service.api.get('/api/users/me/security-events'), 401);
  assertStatus(await service.api.get('/api/admins/audit-events', { token: ada.accessToken }), 403);
});

test('events are deleted after a year, not before', async (t) => {
  const service = await createTestApp(t);
  assertStatus(await service.api.post('/api/users/register', newRegistration()), 201);
  const count = async () => {
    const query = service.db.selectFrom('audit_events').select('id');
    return (await query.where('event', '=', 'account_registered').execute()).length;
  };
  const day = 24 * 60 * 60;
  await service.clock.advance(364 * day);
  await service.tidyUp();
  assert.equal(await count(), 1);
  await service.clock.advance(2 * day);
  await service.tidyUp();
  assert.equal(await count(), 0);
});
