import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { afterNextHash } from '../../../test/after-next-hash.ts';
import { assertStatus } from '../../../test/api.ts';
import { registeredUser, signIn } from '../../../test/factories.ts';
import { resetToken } from '../../../test/reset-calls.ts';
import { signedInTo, statusOfMe } from '../../../test/session-calls.ts';
import { storedPassword } from '../../../test/stored-passwords.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { type Realm, realms } from '../../domain/realms/realms.ts';

const next = 'granite lantern 41 willow';

function change(current: string, wanted: string): object {
  return { current_password: current, new_password: wanted };
}

for (const realm of realms) {
  const path = `${realm.path}/change-password`;

  test(`${realm.kind}: only the new password signs in; nothing else changes`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const { accessToken: token, username, email, password } = account;
    const before = await service.api.get(`${realm.path}/me`, { token });
    const stored = await storedPassword(service, realm, username);
    await service.clock.advance(5);

    const answer = await service.api.post(path, change(password, next), { token });
    assertStatus(answer, 200);
    assert.deepEqual(answer.body, { message: 'Password changed successfully' });

    assertStatus(await service.api.post(`${realm.path}/login`, { username, password }), 401);
    await signIn(service, realm, { username, email, password: next });
    const after = await service.api.get(`${realm.path}/me`, { token });
    assert.deepEqual({ ...after.body, updated_at: 0 }, { ...before.body, updated_at: 0 });
    assert.ok(after.body.updated_at > before.body.updated_at);
    const changed = await storedPassword(service, realm, username);
    assert.notEqual(changed.hash, stored.hash);
    assert.equal(changed.version, stored.version + 1);
    for (const secret of [password, next]) assert.ok(!service.logs().includes(secret));
  });

  test(`${realm.kind}: without a token nothing changes and the body is not validated`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const hashed = service.hashes();
    for (const body of [change(account.password, next), {}, { current_password: 1 }]) {
      assertStatus(await service.api.post(path, body), 401);
    }
    assert.equal(service.hashes(), hashed);
    await signIn(service, realm, account);
  });

  test(`${realm.kind}: all faults of the body are reported at once, each with its field`, async (t) => {
    const service = await createTestApp(t);
    const { accessToken: token } = await signedInTo(service, realm);
    for (const [body, fields] of [
      [{}, ['current_password', 'new_password']],
      [{ current_password: '', new_password: 'short' }, ['current_password', 'new_password']],
      [{ current_password: 'x', new_password: 'short' }, ['new_password']],
      [{ current_password: 'x'.repeat(513), new_password: next }, ['current_password']],
      [
        { current_password: 'a\u0000b', new_password: `${next}\u0000` },
        ['current_password', 'new_password'],
      ],
      [[], ['body']],
    ] as const) {
      const answer = await service.api.post(path, body, { token });
      assertStatus(answer, 422);
      const named = new Set(
        answer.body.details.errors.map(({ field }: { field: string }) => field),
      );
      assert.deepEqual([...named].toSorted(), fields, JSON.stringify(body).slice(0, 80));
    }
  });

  test(`${realm.kind}: of two concurrent changes, one wins and sets its password`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const sessions = [account, await signIn(service, realm, account)];
    const wanted = ['granite lantern 41 willow', 'copper meadow 17 thistle'];
    const answers = await Promise.all(
      sessions.map(({ accessToken: token }, index) =>
        service.api.post(path, change(account.password, wanted[index] ?? ''), { token }),
      ),
    );
    const winner = answers.findIndex(({ status }) => status === 200);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.ok([400, 401].includes(answers[1 - winner]?.status ?? 0));

    const { username, email } = account;
    await signIn(service, realm, { username, email, password: wanted[winner] ?? '' });
    for (const password of [account.password, wanted[1 - winner]]) {
      assertStatus(await service.api.post(`${realm.path}/login`, { username, password }), 401);
    }
    const statuses = [];
    for (const { accessToken } of sessions)
      statuses.push(await statusOfMe(service.api, realm, accessToken));
    assert.deepEqual(statuses, winner === 0 ? [200, 401] : [401, 200]);
  });

  test(`${realm.kind}: a session that ends while the password is hashed changes nothing`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const answer = await changeDuring(t, service, realm, account, (db) =>
      db.updateTable('sessions').set({ revoked_at: service.clock.now() }).execute(),
    );
    assertStatus(answer, 401);
    await signIn(service, realm, account);
  });

  test(`${realm.kind}: a password changed in the meantime is 400; an ended session is 401`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const raiseVersion = (db: Service['db']) =>
      db
        .updateTable(realm.table as 'users')
        .set(({ eb }) => ({ password_version: eb('password_version', '+', 1) }))
        .execute();
    const overtaken = await changeDuring(t, service, realm, account, raiseVersion);
    assertStatus(overtaken, 400);
    assert.deepEqual(overtaken.body.details, { reason: 'wrong_password' });
    assert.equal(overtaken.body.message, 'The password was changed in the meantime');
    const ended = await changeDuring(t, service, realm, account, async (db) => {
      await raiseVersion(db);
      await db.updateTable('sessions').set({ revoked_at: service.clock.now() }).execute();
    });
    assertStatus(ended, 401);
  });

  test(`${realm.kind}: an account deactivated during the hash keeps its password`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const before = await storedPassword(service, realm, account.username);
    const answer = await changeDuring(t, service, realm, account, (db) =>
      db
        .updateTable(realm.table as 'users')
        .set({ is_active: false })
        .execute(),
    );
    assert.ok([400, 401].includes(answer.status), answer.text);
    assert.deepEqual(await storedPassword(service, realm, account.username), before);
  });
}

test('a change ends reset links with a reason and leaves other links', async (t) => {
  const service = await createTestApp(t);
  const user = await registeredUser(service);
  await resetToken(service, user.email);
  const token = user.accessToken;
  assertStatus(
    await service.api.post('/api/users/change-password', change(user.password, next), { token }),
    200,
  );
  const links = await service.db.selectFrom('links').select(['purpose', 'end_reason']).execute();
  assert.deepEqual(
    links.toSorted((one, other) => one.purpose.localeCompare(other.purpose)),
    [
      { purpose: 'email_verification', end_reason: null },
      { purpose: 'password_reset', end_reason: 'password_changed' },
    ],
  );
});

type Service = Awaited<ReturnType<typeof createTestApp>>;

/** Changes the password; `meanwhile` runs between authentication of the caller and the write. */
async function changeDuring(
  t: TestContext,
  service: Service,
  realm: Realm,
  { accessToken: token, password }: { accessToken: string; password: string },
  meanwhile: (db: Service['db']) => Promise<unknown>,
) {
  afterNextHash(t, service, 'hash', () => meanwhile(service.db));
  return service.api.post(`${realm.path}/change-password`, change(password, next), { token });
}
