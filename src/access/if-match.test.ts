import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../test/api.ts';
import { signedInAdmin, signedInUser, signIn } from '../../test/factories.ts';
import { createTestApp, type TestApp } from '../../test/test-app.ts';
import { userRealm } from '../domain/realms/realms.ts';

/** Each resource with a version: how to read its tag and how to change it. */
async function versioned(service: TestApp) {
  const { api } = service;
  const user = await signedInUser(service);
  const admin = await signedInAdmin(service);
  const other = await signedInAdmin(service, { superadmin: false });
  const asUser = { token: user.accessToken };
  const asAdmin = { token: admin.accessToken };
  const asOther = { token: other.accessToken };
  const userPath = `/api/admins/users/${user.id}`;
  const adminPath = `/api/admins/${other.id}`;
  let count = 0;
  const next = () => {
    count += 1;
    return count;
  };
  const named = () => ({ full_name: `Ada ${next()}` });
  const sent = (options: { token: string }, match?: string) =>
    match === undefined ? options : { ...options, headers: { 'if-match': match } };
  return [
    {
      read: () => api.get('/api/users/me', asUser),
      change: (match?: string) => api.put('/api/users/me', named(), sent(asUser, match)),
    },
    {
      read: () => api.get(userPath, asAdmin),
      change: (match?: string) => api.patch(userPath, named(), sent(asAdmin, match)),
    },
    {
      read: () => api.get('/api/admins/me', asAdmin),
      change: (match?: string) => api.put('/api/admins/me', named(), sent(asAdmin, match)),
    },
    {
      read: () => api.get('/api/admins/me', asOther),
      change: (match?: string) =>
        api.patch(adminPath, { is_superadmin: next() % 2 === 0 }, sent(asAdmin, match)),
    },
  ];
}

const tagOf = ({ headers }: { headers: Record<string, unknown> }) => headers.etag as string;

test('a change of the version that was read succeeds; of an older one it is 412', async (t) => {
  for (const { read, change } of await versioned(await createTestApp(t))) {
    const tag = tagOf(await read());
    assert.match(tag, /^"[\w-]{24}"$/);
    const changed = await change(tag);
    assertStatus(changed, 200);
    assert.notEqual(changed.headers.etag, tag);
    assert.equal((await read()).headers.etag, changed.headers.etag);
    const refused = await change(tag);
    assertStatus(refused, 412);
    assert.equal(refused.body.error, 'PreconditionFailedError');
    assert.equal((await read()).headers.etag, changed.headers.etag);
    assertStatus(await change(), 200);
  }
});

test('a list, a star and commas in a tag match; weak, malformed and foreign tags do not', async (t) => {
  for (const { read, change } of await versioned(await createTestApp(t))) {
    const tag = async () => tagOf(await read());
    for (const match of [
      await tag(),
      `"a,b" , ${await tag()}`,
      `,, "x", ${await tag()},`,
      '*',
      ' * ',
    ]) {
      const now = match.includes('*') ? match : match.replace(/"[\w-]{24}"/, await tag());
      assertStatus(await change(now), 200);
    }
    const current = await tag();
    const bare = current.slice(1, -1);
    for (const match of [
      `W/${current}`,
      bare,
      `'${bare}'`,
      '',
      `"x${bare}"`,
      `"${bare}`,
      `*, ${current}`,
      `${current} ${current}`,
      `"," ${bare}`,
    ])
      assertStatus(await change(match), 412);
    assert.equal(await tag(), current);
  }
});

test('of twenty changes of one version at once exactly one is made', async (t) => {
  for (const { read, change } of await versioned(await createTestApp(t))) {
    const tag = tagOf(await read());
    const answers = await Promise.all(Array.from({ length: 20 }, () => change(tag)));
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, 1, statuses.join());
    assert.ok(
      statuses.every((status) => [200, 412, 503].includes(status)),
      statuses.join(),
    );
    const winner = answers.find(({ status }) => status === 200);
    assert.equal((await read()).headers.etag, winner?.headers.etag);
  }
});

test('a sign-in changes no version; owner and admin see the same one', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const admin = await signedInAdmin(service);
  const own = async () =>
    (await service.api.get('/api/users/me', { token: user.accessToken })).headers.etag;
  const shown = async () =>
    (await service.api.get(`/api/admins/users/${user.id}`, { token: admin.accessToken })).headers
      .etag;
  const before = await own();
  assert.equal(await shown(), before);
  await signIn(service, userRealm, user);
  assert.deepEqual([await own(), await shown()], [before, before]);
  await service.api.patch(
    `/api/admins/users/${user.id}`,
    { is_superuser: true },
    { token: admin.accessToken },
  );
  assert.notEqual(await own(), before);
  assert.equal(await own(), await shown());
});

test('a deletion and a restore change the version; a deletion of an older one is 412', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const path = `/api/admins/users/${(await signedInUser(service)).id}`;
  const tag = async () => tagOf(await service.api.get(path, { token }));
  const remove = (match: string) =>
    service.api.delete(path, { token, headers: { 'if-match': match } });
  const before = await tag();
  assertStatus(await service.api.patch(path, { full_name: 'Ada' }, { token }), 200);
  assertStatus(await remove(before), 412);
  const present = await tag();
  assertStatus(await remove(present), 204);
  const deleted = await tag();
  assert.notEqual(deleted, present);
  const restored = await service.api.post(`${path}/restore`, undefined, { token });
  assertStatus(restored, 200);
  assert.deepEqual([tagOf(restored), tagOf(restored) === deleted], [await tag(), false]);
});

test('a missing user is 404 and a missing right 403, whatever the version', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service, { superadmin: false });
  const user = await signedInUser(service);
  const options = { token, headers: { 'if-match': '"other"' } };
  const nobody = '/api/admins/users/01890a5d-ac96-774b-bcce-b302099a8057';
  assertStatus(await service.api.patch(nobody, { full_name: 'A' }, options), 404);
  assertStatus(
    await service.api.patch(`/api/admins/users/${user.id}`, { is_superuser: true }, options),
    403,
  );
  assertStatus(
    await service.api.patch(`/api/admins/users/${user.id}`, { full_name: 1 }, options),
    422,
  );
  assertStatus(await service.api.patch(`/api/admins/users/${user.id}`, {}, options), 412);
});
