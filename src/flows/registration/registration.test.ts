import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Api, assertStatus } from '../../../test/api.ts';
import { newRegistration, signedInAdmin } from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { type Realm, realms } from '../../domain/realms/realms.ts';

const shared = { is_active: true, full_name: 'Ada Lovelace', legacy_id: null };
const rightsAtFirst = {
  user: {
    is_superuser: false,
    is_email_verified: false,
    is_invited: false,
    metadata: {},
    app_metadata: {},
  },
  admin: { is_superadmin: false },
};

for (const realm of realms) {
  test(`${realm.kind}: registration answers 201 with exactly the fields of the account`, async (t) => {
    const service = await createTestApp(t);
    const token = await tokenToRegister(service, realm);
    const body = newRegistration({
      username: 'Ada.Lovelace',
      email: 'Ada@Example.com',
      fullName: 'Ada Lovelace',
    });
    const { username, email } = body;
    const answer = await service.api.post(`${realm.path}/register`, body, token);
    assertStatus(answer, 201);
    const { id, created_at, updated_at, ...rest } = answer.body;
    assert.deepEqual(rest, { username, email, ...shared, ...rightsAtFirst[realm.kind] });
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
    assert.equal(updated_at, created_at);
  });

  test(`${realm.kind}: full_name may be absent or null; unknown fields are ignored`, async (t) => {
    const service = await createTestApp(t);
    const token = await tokenToRegister(service, realm);
    for (const extra of [{}, { full_name: null }, { favourite_colour: 'violet' }]) {
      const answer = await service.api.post(
        `${realm.path}/register`,
        { ...newRegistration(), ...extra },
        token,
      );
      assertStatus(answer, 201);
      assert.equal(answer.body.full_name, null);
      assert.equal('favourite_colour' in answer.body, false);
    }
  });

  test(`${realm.kind}: a taken e-mail or username is 409 naming the field and costs no hash`, async (t) => {
    const service = await createTestApp(t);
    const token = await tokenToRegister(service, realm);
    const taken = newRegistration();
    assertStatus(await service.api.post(`${realm.path}/register`, taken, token), 201);
    const hashes = service.hashes();
    for (const [wanted, field] of [
      [{ email: taken.email }, 'email'],
      [{ username: taken.username }, 'username'],
      [{ email: taken.email, username: taken.username }, 'email'],
    ] as const) {
      const answer = await service.api.post(
        `${realm.path}/register`,
        newRegistration(wanted),
        token,
      );
      assertStatus(answer, 409);
      assert.equal(answer.body.error, 'DuplicateRecordError');
      assert.deepEqual(answer.body.details, { field, resource: realm.kind });
    }
    assert.equal(service.hashes(), hashes);
    assertStatus(await service.api.post(`${realm.path}/register`, newRegistration(), token), 201);
  });

  test(`${realm.kind}: a 422 reports all faults at once, and nothing is stored`, async (t) => {
    const service = await createTestApp(t);
    const token = await tokenToRegister(service, realm);
    const faults = (body: unknown) => faultsOf(service.api, realm, body, token);
    assert.deepEqual(await faults({}), ['email', 'password', 'username']);
    assert.deepEqual(
      await faults({ email: 'ada', username: 'a b', password: 'short', full_name: 'Ada\u0007' }),
      ['email', 'full_name', 'password', 'username'],
    );
    const guessable = {
      email: 'ada@example.com',
      username: 'violet.harbour',
      password: 'violet.harbour 17',
    };
    assert.deepEqual(await faults(guessable), ['password']);
    // The check against the other fields runs even if one of them is invalid.
    assert.deepEqual(await faults({ ...guessable, email: 'ada' }), ['email', 'password']);
    const longName = { ...guessable, full_name: 'x'.repeat(201) };
    assert.deepEqual(await faults(longName), ['full_name', 'password']);
    assert.deepEqual(await faults([]), ['body']);
    const rows = await service.db.selectFrom(realm.table).select('id').execute();
    assert.equal(rows.length, realm.kind === 'admin' ? 1 : 0);
  });
}

/** Users need no token to register; admins need that of a superadmin. */
async function tokenToRegister(service: TestApp, realm: Realm): Promise<{ token?: string }> {
  return realm.kind === 'user' ? {} : { token: (await signedInAdmin(service)).accessToken };
}

async function faultsOf(
  api: Api,
  realm: Realm,
  body: unknown,
  token: { token?: string },
): Promise<string[]> {
  const answer = await api.post(`${realm.path}/register`, body, token);
  assertStatus(answer, 422);
  assert.equal(answer.body.error, 'ValidationError');
  const fields = answer.body.details.errors.map(
    (fault: { field: string; message: string; type: string }) => {
      assert.ok(fault.message.length > 0 && fault.type.length > 0);
      return fault.field;
    },
  );
  return fields.toSorted();
}
