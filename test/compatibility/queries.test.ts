import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const lists = ['/api/admins/users', '/api/admins', '/api/admins/audit-events', '/api/admins/mails'];

async function asAdmin(service: TestApp) {
  const { accessToken: token } = await signedInAdmin(service, { username: 'root' });
  return (target: string) => service.api.get(target, { token });
}

test('booleans in a query accept the common spellings, ignoring case, and nothing else', async (t) => {
  const service = await createTestApp(t);
  const get = await asAdmin(service);
  const active = await signedInUser(service);
  const inactive = await signedInUser(service);
  await service.db
    .updateTable('users')
    .set({ is_active: false })
    .where('id', '=', inactive.id)
    .execute();
  const listed = async (word: string) => {
    const answer = await get(`/api/admins/users?is_active=${word}`);
    assertStatus(answer, 200);
    return answer.body.items.map(({ id }: { id: string }) => id);
  };
  for (const word of ['true', 'True', 'TRUE', '1', 'yes', 'Yes', 'on', 'ON'])
    assert.deepEqual(await listed(word), [active.id], word);
  for (const word of ['false', 'False', '0', 'no', 'NO', 'off', 'Off'])
    assert.deepEqual(await listed(word), [inactive.id], word);
  assert.equal((await listed('')).length, 2);
  for (const word of ['2', 'ja', 'truee', '%20', 'null', '01', '-1'])
    assertStatus(await get(`/api/admins/users?is_active=${word}`), 422);
});

test('deleted= takes the same spellings; only lists of users know it', async (t) => {
  const service = await createTestApp(t);
  const get = await asAdmin(service);
  const [here, gone] = [await signedInUser(service), await signedInUser(service)];
  const { password, accessToken: token } = gone;
  assertStatus(await service.api.request('DELETE', '/api/users/me/', { password }, { token }), 204);
  const listed = async (query: string) => {
    const answer = await get(`/api/admins/users${query}`);
    assertStatus(answer, 200);
    assert.equal(answer.body.total, answer.body.items.length);
    return answer.body.items.map(({ id }: { id: string }) => id);
  };
  for (const query of ['', '?deleted=', '?deleted=False', '?deleted=0', '?deleted=1&deleted=no'])
    assert.deepEqual(await listed(query), [here.id], query);
  for (const query of [
    '?deleted=True',
    '?deleted=1',
    '?deleted=yes',
    '?deleted=ON',
    '?deleted=true&q=@',
  ])
    assert.deepEqual(await listed(query), [gone.id], query);
  assertStatus(await get('/api/admins/users?deleted=2'), 422);
  assertStatus(await get('/api/admins?deleted=true'), 422);
});

test('the last of duplicate parameters counts, on every list', async (t) => {
  const service = await createTestApp(t);
  const get = await asAdmin(service);
  const user = await signedInUser(service);
  for (const path of lists) {
    const answer = await get(`${path}?page=9&page_size=7&page=1&page_size=nonsense&page_size=3`);
    assertStatus(answer, 200);
    assert.deepEqual([answer.body.page, answer.body.page_size], [1, 3], path);
  }
  assertStatus(await get('/api/admins/users?is_active=nonsense&is_active=true'), 200);
  assertStatus(await get('/api/admins/users?is_active=true&is_active=nonsense'), 422);
  const own = '/api/users/me/security-events?page=2&page=1';
  assert.equal((await service.api.get(own, { token: user.accessToken })).body.page, 1);
});

test('unknown parameters of a list are refused and all named', async (t) => {
  const service = await createTestApp(t);
  const get = await asAdmin(service);
  const user = await signedInUser(service);
  for (const path of lists) {
    const answer = await get(`${path}?pagesize=3&page=0&%5F%5Fproto__=1&limit=`);
    assertStatus(answer, 422);
    const faults = answer.body.details.errors as { field: string; type: string }[];
    const unknown = faults
      .filter(({ type }) => type === 'unknown_parameter')
      .map(({ field }) => field);
    assert.deepEqual(unknown.toSorted(), ['__proto__', 'limit', 'pagesize'], path);
    assert.ok(faults.some(({ field }) => field === 'page'));
  }
  const own = '/api/users/me/security-events?nonsense=1';
  assertStatus(await service.api.get(own, { token: user.accessToken }), 422);
  const many = Array.from({ length: 1000 }, (_, index) => `p${index}=`).join('&');
  assert.ok((await get(`/api/admins/users?${many}`)).body.details.errors.length <= 200);
  const long = await get(`/api/admins/users?${'x'.repeat(1000)}=1`);
  assert.ok(long.body.details.errors[0].field.length <= 200);
});
