import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterNextHash } from '../../../test/after-next-hash.ts';
import { assertStatus } from '../../../test/api.ts';
import {
  newRegistration,
  type SignedIn,
  signedInAdmin,
  signedInUser,
} from '../../../test/factories.ts';
import { signedInTo } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { type Realm, realms } from '../../domain/realms/realms.ts';

for (const realm of realms) {
  const me = `${realm.path}/me`;

  test(`${realm.kind}: /me returns the profile; an update changes only the given fields`, async (t) => {
    const service = await createTestApp(t);
    const { api, clock } = service;
    const { accessToken: token } = await signedInTo(service, realm);
    const before = await api.get(me, { token });
    assertStatus(before, 200);

    await clock.advance(60);
    const username = newRegistration().username;
    const changed = await api.put(me, { username, full_name: 'Ada Lovelace' }, { token });
    assertStatus(changed, 200);
    const { updated_at } = changed.body;
    assert.deepEqual(changed.body, {
      ...before.body,
      username,
      full_name: 'Ada Lovelace',
      updated_at,
    });
    assert.ok(Date.parse(updated_at) >= Date.parse(before.body.updated_at) + 60_000);
    assert.deepEqual((await api.get(me, { token })).body, changed.body);
  });

  test(`${realm.kind}: an empty full name clears it; absent fields stay as they are`, async (t) => {
    const service = await createTestApp(t);
    const { api, clock } = service;
    const { accessToken: token } = await signedInTo(service, realm);
    assertStatus(await api.put(me, { full_name: 'Ada' }, { token }), 200);
    const renamed = await api.put(me, { username: newRegistration().username }, { token });
    assert.equal(renamed.body.full_name, 'Ada');
    await clock.advance(60);
    assert.deepEqual((await api.put(me, {}, { token })).body, renamed.body);
    const cleared = await api.put(me, { full_name: '' }, { token });
    assertStatus(cleared, 200);
    assert.equal(cleared.body.full_name, null);
  });

  test(`${realm.kind}: a taken name is 409 in any case; one's own in another case is not`, async (t) => {
    const service = await createTestApp(t);
    const { api } = service;
    const other = await signedInTo(service, realm);
    const { accessToken: token, username, email, password } = await signedInTo(service, realm);
    for (const field of ['username', 'email'] as const) {
      const taken = { [field]: other[field].toUpperCase() };
      const body = { full_name: 'x', current_password: password, ...taken };
      const answer = await api.put(me, body, { token });
      assertStatus(answer, 409);
      assert.deepEqual(answer.body.details, { field, resource: realm.kind });
    }
    const unchanged = await api.get(me, { token });
    assert.equal(unchanged.body.full_name, null);
    const respelled = { username: username.toUpperCase(), email: email.toUpperCase() };
    const answer = await api.put(me, respelled, { token });
    assertStatus(answer, 200);
    assert.deepEqual(answer.body, {
      ...unchanged.body,
      ...respelled,
      updated_at: answer.body.updated_at,
    });
  });

  test(`${realm.kind}: no token is 401, a token of the other realm is 403`, async (t) => {
    const service = await createTestApp(t);
    const user = await signedInUser(service);
    const admin = await signedInAdmin(service);
    const stranger = realm.kind === 'user' ? admin : user;
    for (const [token, status] of [
      [{}, 401],
      [{ token: stranger.accessToken }, 403],
    ] as const) {
      assertStatus(await service.api.get(me, token), status);
      assertStatus(await service.api.put(me, { full_name: 'Mallory' }, token), status);
    }
    for (const { table } of realms) {
      const rows = await service.db.selectFrom(table).select('full_name').execute();
      assert.deepEqual(rows, [{ full_name: null }]);
    }
  });

  test(`${realm.kind}: an invalid field is 422 naming it; valid fields beside it are not saved`, async (t) => {
    const service = await createTestApp(t);
    const { accessToken: token } = await signedInTo(service, realm);
    const body = { full_name: 'Ada', username: 'a b', email: 'ada', current_password: 7 };
    const answer = await service.api.put(me, body, { token });
    assertStatus(answer, 422);
    const fields = answer.body.details.errors.map((fault: { field: string }) => fault.field);
    assert.deepEqual(fields.toSorted(), ['current_password', 'email', 'username']);
    assert.equal((await service.api.get(me, { token })).body.full_name, null);
  });

  test(`${realm.kind}: an update whose session ends meanwhile changes nothing`, async (t) => {
    const service = await createTestApp(t);
    const { api } = service;
    const account = await signedInTo(service, realm);
    afterNextHash(t, service, 'verify', async () =>
      assertStatus(
        await api.post(`${realm.path}/logout`, { refresh_token: account.refreshToken }),
        204,
      ),
    );
    assertStatus(
      await putEmail(service, realm, account, { current_password: account.password }),
      401,
    );
    assert.equal(await storedEmail(service, realm, account), account.email);
  });
}

function putEmail(
  service: TestApp,
  realm: Realm,
  account: SignedIn,
  extra: { current_password?: string },
) {
  const body = { email: newRegistration().email, ...extra };
  return service.api.put(`${realm.path}/me`, body, { token: account.accessToken });
}

async function storedEmail({ db }: TestApp, realm: Realm, { id }: SignedIn): Promise<string> {
  const query = db.selectFrom(realm.table).select('email').where('id', '=', id);
  return (await query.executeTakeFirstOrThrow()).email;
}
