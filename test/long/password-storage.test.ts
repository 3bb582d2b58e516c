import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { hashSync, verifySync } from '@node-rs/bcrypt';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { goodPassword, newRegistration, signedInUser } from '../factories.ts';
import { reset, resetToken } from '../reset-calls.ts';
import { dumpRows, seedPassword, storedPassword } from '../stored-passwords.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

async function statusOfLogin(
  { api }: TestApp,
  username: string,
  password: string,
): Promise<number> {
  // Wrong passwords for one account come from different addresses to avoid the throttle.
  const remoteAddress = `127.4.${randomBytes(1)[0]}.${randomBytes(1)[0]}`;
  return (await api.post('/api/users/login', { username, password }, { remoteAddress })).status;
}

/** A password and one that differs from it only at the end. */
const pairs: [what: string, password: string, other: string][] = [
  ['72 letters and one more', `${'A'.repeat(72)}x`, `${'A'.repeat(72)}y`],
  ['72 letters exactly', `${'A'.repeat(72)}x`, 'A'.repeat(72)],
  ['72 letters, and one more tried', 'A'.repeat(72), `${'A'.repeat(72)}x`],
  ['18 emoji and a letter', `${'😀'.repeat(18)}x`, `${'😀'.repeat(18)}y`],
  ['255 bytes', `${'😀'.repeat(63)}abx`, `${'😀'.repeat(63)}aby`],
  ['256 bytes', `${'😀'.repeat(63)}abcx`, `${'😀'.repeat(63)}abcy`],
  ['300 bytes', `${'😀'.repeat(74)}abcx`, `${'😀'.repeat(74)}abcy`],
  ['512 bytes', `${'😀'.repeat(127)}🙈`, `${'😀'.repeat(127)}🙉`],
  ['128 letters', `${'A'.repeat(127)}x`, `${'A'.repeat(127)}y`],
];

for (const [target, tried] of [
  ['bcrypt', pairs],
  ['argon2id', pairs.filter(([what]) => /emoji|256|128/.test(what))],
] as const) {
  test(`D04 ${target}: no password is truncated at registration, whatever its length`, async (t) => {
    const service = await createTestApp(t, { PASSWORD_HASH: target });
    assert.ok(tried.length >= 3);
    for (const [what, password, other] of tried) {
      const { username, ...rest } = newRegistration({ password });
      assertStatus(await service.api.post('/api/users/register', { username, ...rest }), 201);
      assert.equal(await statusOfLogin(service, username, other), 401, what);
      assert.equal(await statusOfLogin(service, username, password), 200, what);
    }
  });
}

test('D05 neither the new nor the current password of a change is truncated', async (t) => {
  const service = await createTestApp(t);
  for (const [what, password, other] of pairs) {
    const { username, accessToken: token } = await signedInUser(service);
    const change = async (current: string, next: string) => {
      const body = { current_password: current, new_password: next };
      return (await service.api.post('/api/users/change-password', body, { token })).status;
    };
    assert.equal(await change(goodPassword, password), 200, what);
    assert.equal(await statusOfLogin(service, username, other), 401, what);
    assert.equal(await statusOfLogin(service, username, password), 200, what);
    assert.equal(await change(other, goodPassword), 400, what);
    // Passwords that differ only at the end are different.
    assert.equal(await change(password, other), 200, what);
    assert.equal(await statusOfLogin(service, username, password), 401, what);
    assert.equal(await statusOfLogin(service, username, other), 200, what);
  }
});

test('D05 no password is truncated at a reset', async (t) => {
  const service = await createTestApp(t);
  for (const [what, password, other] of pairs) {
    const { username, email } = await signedInUser(service);
    assertStatus(await reset(service.api, await resetToken(service, email), password), 200);
    assert.equal(await statusOfLogin(service, username, other), 401, what);
    assert.equal(await statusOfLogin(service, username, password), 200, what);
  }
});

test('D04 an imported hash of the first 72 bytes accepts no longer password', async (t) => {
  const service = await createTestApp(t);
  const { username } = await signedInUser(service);
  const long = `${'A'.repeat(72)}x`;
  const hash = hashSync(long, { cost: 4 });
  assert.ok(verifySync(`${'A'.repeat(72)}y`, hash), 'bcrypt itself ignores the rest');
  await seedPassword(service, userRealm, username, { scheme: 'bcrypt', hash, key: null });
  assert.equal(await statusOfLogin(service, username, long), 401);
  assert.equal(await statusOfLogin(service, username, 'A'.repeat(72)), 200);
});

test('D06 every one of 64 four-byte characters counts', async (t) => {
  const service = await createTestApp(t);
  const password = '😀'.repeat(64);
  assert.equal(Buffer.byteLength(password), 256);
  const user = await signedInUser(service, { password });
  assert.equal(await statusOfLogin(service, user.username, '😀'.repeat(63)), 401);
  const body = { current_password: password, new_password: '🙈'.repeat(64) };
  assertStatus(
    await service.api.post('/api/users/change-password', body, { token: user.accessToken }),
    200,
  );
  assert.equal(await statusOfLogin(service, user.username, '🙈'.repeat(64)), 200);
});

test('D06 the byte limit, if there is one, is in the error message', async (t) => {
  const service = await createTestApp(t);
  const password = '👩‍🚀'.repeat(52);
  const answer = await service.api.post('/api/users/register', newRegistration({ password }));
  assertStatus(answer, 422);
  assert.match(answer.body.details.errors[0].message, /128 characters and 512 bytes/);
});

test('D08 passwords are not normalized: NFC and NFD differ everywhere', async (t) => {
  const service = await createTestApp(t);
  const composed = 'café résumé naïveté'.normalize('NFC');
  const decomposed = composed.normalize('NFD');
  assert.notEqual(composed, decomposed);
  for (const [set, other] of [
    [composed, decomposed],
    [decomposed, composed],
  ] as const) {
    const registered = await signedInUser(service, { password: set });
    const changed = await signedInUser(service);
    const body = { current_password: changed.password, new_password: set };
    const token = changed.accessToken;
    assertStatus(await service.api.post('/api/users/change-password', body, { token }), 200);
    const renewed = await signedInUser(service);
    assertStatus(await reset(service.api, await resetToken(service, renewed.email), set), 200);
    for (const { username } of [registered, changed, renewed]) {
      assert.equal(await statusOfLogin(service, username, set), 200);
      assert.equal(await statusOfLogin(service, username, other), 401);
    }
  }
});

test('D09 a stored password is a salted bcrypt hash of cost 12, nowhere in clear', async (t) => {
  const service = await createTestApp(t, { BCRYPT_ROUNDS: '12' });
  // Not by requests: on a busy machine the threads of low priority take longer than a request may.
  const registrations = [await signedInUser(service), await signedInUser(service)];
  const stored = await Promise.all(
    registrations.map(({ username }) => storedPassword(service, userRealm, username)),
  );
  for (const { scheme, hash, key } of stored) {
    assert.deepEqual([scheme, key], ['bcrypt', null]);
    assert.match(hash, /^\$2b\$12\$[./A-Za-z0-9]{53}$/);
  }
  const [one = '', other = ''] = stored.map(({ hash }) => hash);
  assert.notEqual(one.slice(7, 29), other.slice(7, 29));
  assert.ok(verifySync(goodPassword, one), 'any bcrypt tool can verify it');

  const everything = await dumpRows(service);
  for (const { username } of registrations)
    assert.ok(everything.includes(username), 'the dump holds the rows');
  for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) {
    const encoded = Buffer.from(goodPassword).toString(encoding).replace(/=+$/, '');
    assert.ok(!everything.includes(encoded), `in clear, as ${encoding}`);
  }
});

test('D09 bcrypt keys an overlong password by its row; argon2id has its own salt', async (t) => {
  for (const [target, scheme, form] of [
    ['bcrypt', 'bcrypt-hmac-sha384', /^\$2b\$04\$.{53}$/],
    ['argon2id', 'argon2id', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/],
  ] as const) {
    const service = await createTestApp(t, { PASSWORD_HASH: target });
    const password = `${'A'.repeat(72)}x`;
    const stored = [];
    for (const { username } of [
      await signedInUser(service, { password }),
      await signedInUser(service, { password }),
    ]) {
      stored.push(await storedPassword(service, userRealm, username));
    }
    const [one, other] = stored;
    for (const each of stored) {
      assert.equal(each.scheme, scheme);
      assert.match(each.hash, form);
    }
    assert.notEqual(one?.hash, other?.hash);
    assert.equal(one?.key?.length, target === 'bcrypt' ? 16 : undefined);
    if (target === 'bcrypt') assert.notDeepEqual(one?.key, other?.key);
    assert.ok(!(await dumpRows(service)).includes('AAAAAAAA'));
  }
});
