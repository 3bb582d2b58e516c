import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { newRegistration, signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { withUser } from '../../../test/metadata-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { matchingMetadata } from '../../domain/accounts/metadata-filter.ts';

test('admins find users by one member, by its exact value and type', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service, { superadmin: false });
  const stored = {
    pro: { plan: 'pro' },
    Pro: { plan: 'Pro' },
    five: { seats: 5 },
    'text 5': { seats: '5' },
    half: { seats: 0.5 },
    yes: { beta: true },
    'text yes': { beta: 'true' },
    deep: { nested: { plan: 'pro' } },
    list: { plan: ['pro'] },
    colon: { 'a:b': 'c', a: 'b:c' },
    empty: { plan: '' },
    none: {},
  };
  for (const [fullName, metadata] of Object.entries(stored)) {
    const body = { ...newRegistration({ fullName }), password: null, app_metadata: metadata };
    assertStatus(await service.api.post('/api/admins/users', body, { token }), 201);
  }
  const find = async (asked: string, parameter = 'app_metadata') => {
    const query = `${parameter}=${encodeURIComponent(asked)}`;
    const answer = await service.api.get(`/api/admins/users?page_size=100&${query}`, { token });
    assertStatus(answer, 200);
    assert.equal(answer.body.total, answer.body.items.length);
    return answer.body.items.map(({ full_name }: { full_name: string }) => full_name).toSorted();
  };
  for (const [asked, found] of [
    ['plan:pro', ['pro']],
    ['plan:Pro', ['Pro']],
    ['plan:pr', []],
    ['plan:', ['empty']],
    ['seats:5', ['five', 'text 5']],
    ['seats:5.0', ['five']],
    ['seats:5e-1', ['half']],
    ['seats:05', []],
    ['beta:true', ['text yes', 'yes']],
    ['beta:false', []],
    ['beta:null', []],
    ['nested:{"plan":"pro"}', []],
    ['a:b:c', ['colon']],
    ['unknown:1', []],
  ] as const)
    assert.deepEqual(await find(asked), found, asked);
  assert.deepEqual(await find('plan:pro', 'metadata'), []);
  assert.equal((await find('')).length, Object.keys(stored).length);
});

test('a search for metadata combines with the other filters and is 422 if malformed', async (t) => {
  const service = await createTestApp(t);
  const { user, admin, put, patch } = await withUser(service);
  assertStatus(await put({ metadata: { theme: 'dark' } }), 200);
  assertStatus(await patch({ app_metadata: { plan: 'pro' } }), 200);
  await signedInUser(service);
  const total = async (query: string) =>
    (await service.api.get(`/api/admins/users?${query}`, admin)).body.total;
  const both = 'metadata=theme:dark&app_metadata=plan:pro';
  assert.equal(await total(both), 1);
  assert.equal(await total(`${both}&q=${user.username}&is_active=true&sort=email`), 1);
  assert.equal(await total(`${both}&is_active=false`), 0);
  assert.equal(await total('metadata=theme:dark&app_metadata=plan:free'), 0);
  for (const wrong of [
    'metadata=theme',
    'metadata=:dark',
    `metadata=${'x'.repeat(65)}:a`,
    'metadata.a=b',
  ]) {
    const answer = await service.api.get(`/api/admins/users?${wrong}`, admin);
    assertStatus(answer, 422);
  }
  const { accessToken: token } = await signedInAdmin(service);
  assertStatus(await service.api.get('/api/admins?metadata=theme:dark', { token }), 422);
});

for (const column of ['metadata', 'app_metadata']) {
  test(`a search for ${column} is served by its index`, async (t) => {
    const { db } = await createTestApp(t);
    const filter = matchingMetadata({ [column]: 'seats:5' });
    const plan = await db.transaction().execute(async (trx) => {
      await sql`SET LOCAL enable_seqscan = off`.execute(trx);
      const explained = await sql`EXPLAIN SELECT id FROM users WHERE ${filter}`.execute(trx);
      return JSON.stringify(explained.rows);
    });
    assert.match(plan, new RegExp(`Bitmap Index Scan on users_${column}\\b`));
  });
}
