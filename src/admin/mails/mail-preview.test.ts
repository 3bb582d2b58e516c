import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CompiledQuery, sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { registeredUser, signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { planOf } from '../../../test/query-plan.ts';
import { forgot, reset, resetToken } from '../../../test/reset-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { assembly } from '../../app.ts';
import { listMails } from '../../domain/outbox/mail-list.ts';
import type { MailKind } from '../../domain/outbox/mail-row.ts';
import { insertMail } from '../../domain/outbox/mail-store.ts';
import { createDatabase } from '../../platform/database/database.ts';

const nobody = '01890a5d-ac96-774b-bcce-b302099a8057';

/** What an admin who is no superadmin may read. */
async function asAdmin({ api, ...test }: TestApp) {
  const admin = await signedInAdmin({ api, ...test }, { superadmin: false });
  const token = admin.accessToken;
  return {
    token,
    admin,
    read: (id: string) => api.get(`/api/admins/mails/${id}`, { token }),
    list: (query: string) => api.get(`/api/admins/mails?${query}`, { token }),
  };
}

test('an admin reads a mail of any state, but never the token of its link', async (t) => {
  const service = await createTestApp(t);
  const { read, list } = await asAdmin(service);
  const user = await registeredUser(service);
  const genuine = await resetToken(service, user.email);
  const tokens = [genuine, await service.mailbox.token('email_verification', user.email)];
  const { items } = (await list(`subject=${user.id}`)).body;
  assert.equal(items.length, 2);
  for (const { id, kind } of items) {
    const answer = await read(id);
    assertStatus(answer, 200);
    assert.equal(answer.body.link, 'open');
    for (const token of tokens) assert.ok(!answer.text.includes(token.slice(-24)), kind);
    assert.match(answer.body.message.text, /\/app\/[a-z-]+#token=hidden$/m);
    assert.match(answer.body.message.html, /href="[^"]+#token=hidden"/);
    assert.doesNotMatch(answer.text, /#token=(?!hidden)/);
  }
  assertStatus(await reset(service.api, 'hidden'), 400);
  assertStatus(await reset(service.api, genuine), 200);
  for (const { id } of items) assert.equal((await read(id)).body.link, 'ended');
});

test('no kind of mail shows an admin a working link', async (t) => {
  const service = await createTestApp(t);
  const { db, keys } = service;
  const { read } = await asAdmin(service);
  const user = await registeredUser(service);
  const token = await service.mailbox.token('email_verification', user.email);
  const link = await db.selectFrom('links').select('id').executeTakeFirstOrThrow();
  const about = { recipient: user.email, subject: { kind: 'user', id: user.id } as const };
  const rest = { linkId: link.id, device: null, ip: null, lifeSeconds: 60 };
  const kinds = Object.keys(assembly.mailTexts) as MailKind[];
  assert.ok(kinds.length > 10 && keys.current.kid !== '');
  for (const kind of kinds) {
    const answer = await read(await insertMail(db, { kind, ...about, ...rest }));
    assertStatus(answer, 200);
    assert.notEqual(answer.body.message, null, kind);
    assert.ok(!answer.text.includes(token.slice(-24)), kind);
  }
});

test('a mail of a kind that this version does not know is shown without its text', async (t) => {
  const service = await createTestApp(t);
  const { read } = await asAdmin(service);
  await registeredUser(service);
  await sql`UPDATE mails SET kind = 'of_tomorrow'`.execute(service.db);
  const { id } = await service.db.selectFrom('mails').select('id').executeTakeFirstOrThrow();
  const answer = await read(id);
  assertStatus(answer, 200);
  assert.deepEqual([answer.body.kind, answer.body.message], ['of_tomorrow', null]);
  assertStatus(await read(nobody), 404);
  assertStatus(await read('x'), 422);
});

test('the mails of one account are listed alone, with their state, and sent again', async (t) => {
  const service = await createTestApp(t);
  const { list, token, admin } = await asAdmin(service);
  // The same address in the other realm: not the user's mails.
  const user = await registeredUser(service, { email: admin.email });
  await registeredUser(service);
  assertStatus(await forgot(service.api, user.email), 200);
  await service.mailbox.deliver();
  const own = await list(`subject=${user.id}`);
  assert.deepEqual(
    own.body.items.map(({ kind }: { kind: string }) => kind),
    ['password_reset', 'email_verification'],
  );
  for (const { subject, recipient } of own.body.items)
    assert.deepEqual([subject, recipient], [{ kind: 'user', id: user.id }, user.email]);
  assert.equal((await list(`subject=${nobody}`)).body.total, 0);
  assertStatus(await list('subject=x'), 422);

  const [{ id }] = own.body.items;
  await sql`UPDATE mails SET status = 'dead', attempts = 3, last_error = 'smtp 550' WHERE id = ${id}`.execute(
    service.db,
  );
  const dead = await list(`subject=${user.id}&status=dead`);
  assert.equal(dead.body.total, 1);
  assert.deepEqual([dead.body.items[0].attempts, dead.body.items[0].last_error], [3, 'smtp 550']);
  const path = `/api/admins/mails/${id}/requeue`;
  assertStatus(await service.api.post(path, undefined, { token }), 204);
  assert.equal((await list(`subject=${user.id}&status=queued`)).body.total, 1);
});

test('the mails of one account are found by their index, among those of many', async (t) => {
  const service = await createTestApp(t);
  const { db, deps } = service;
  const { id } = await signedInUser(service);
  await sql`
    INSERT INTO mails (id, kind, subject_kind, subject_id, recipient, status, created_at, expires_at, finished_at)
    SELECT gen_random_uuid(), 'new_sign_in', 'user', CASE WHEN n % 1000 = 1 THEN ${id}::uuid ELSE gen_random_uuid() END,
           'x' || n || '@example.com', 'sent', now(), now(), now() FROM generate_series(1, 5000) AS n`.execute(
    db,
  );
  await sql`ANALYZE mails`.execute(db);
  for (const status of [undefined, 'sent', 'dead'] as const) {
    const queries: CompiledQuery[] = [];
    const observed = createDatabase(deps.engine.pool, ({ query }) => void queries.push(query));
    const found = await listMails(observed, { page: 1, page_size: 10, subject: id, status });
    assert.equal(found.total, status === 'dead' ? 0 : 5);
    assert.ok(queries.length > 0);
    for (const query of queries) {
      const { mostRows, indexes } = await planOf(db, query);
      assert.ok(mostRows <= 5, `${mostRows} rows: ${query.sql}`);
      if (status !== 'dead') assert.deepEqual(indexes, ['mails_subject']);
    }
  }
});
