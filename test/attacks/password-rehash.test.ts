import assert from 'node:assert/strict';
import { argon2Sync, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { hashSync, verifySync } from '@node-rs/bcrypt';
import { sql } from 'kysely';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { StoredPassword } from '../../src/platform/hashing/password-schemes.ts';
import { afterNextHash } from '../after-next-hash.ts';
import { assertStatus } from '../api.ts';
import { goodPassword, signedInUser, signIn } from '../factories.ts';
import { signedInTo, statusOfMe } from '../session-calls.ts';
import { seedPassword, storedPassword } from '../stored-passwords.ts';
import { createTestApp } from '../test-app.ts';

const longPassword = `${goodPassword} ${'é'.repeat(40)}`;

function bcryptOf(prefix: string, cost: number): StoredPassword {
  const hash = hashSync(goodPassword, { cost }).replace(/^\$2.\$/, prefix);
  return { scheme: 'bcrypt', hash, key: null };
}

function keyedBcryptOf(cost: number): StoredPassword {
  const key = Buffer.from('sixteen bytes..!');
  const shortened = createHmac('sha384', key).update(longPassword).digest('base64');
  return { scheme: 'bcrypt-hmac-sha384', hash: hashSync(shortened, { cost }), key };
}

function argon2idOf(memory: number, passes: number): StoredPassword {
  const nonce = Buffer.from('another sixteen!');
  const costs = { memory, passes, parallelism: 1, tagLength: 32 };
  const tag = argon2Sync('argon2id', { message: goodPassword, nonce, ...costs });
  const [salt, hash] = [nonce, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''));
  return {
    scheme: 'argon2id',
    hash: `$argon2id$v=19$m=${memory},t=${passes},p=1$${salt}$${hash}`,
    key: null,
  };
}

const bcrypt5 = /^\$2b\$05\$/;
const argon2id = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/;

const renewals: [
  what: string,
  seed: () => StoredPassword,
  environment: Record<string, string>,
  form: RegExp,
][] = [
  ['$2a$04$', () => bcryptOf('$2a$', 4), { BCRYPT_ROUNDS: '5' }, bcrypt5],
  ['$2b$04$', () => bcryptOf('$2b$', 4), { BCRYPT_ROUNDS: '5' }, bcrypt5],
  ['$2y$04$', () => bcryptOf('$2y$', 4), { BCRYPT_ROUNDS: '5' }, bcrypt5],
  ['$2y$05$', () => bcryptOf('$2y$', 5), { BCRYPT_ROUNDS: '5' }, bcrypt5],
  ['$2b$06$', () => bcryptOf('$2b$', 6), { BCRYPT_ROUNDS: '5' }, bcrypt5],
  ['$2a$07$', () => bcryptOf('$2a$', 7), { BCRYPT_ROUNDS: '5' }, bcrypt5],
  ['a keyed $2b$04$', () => keyedBcryptOf(4), { BCRYPT_ROUNDS: '5' }, bcrypt5],
  ['argon2id', () => argon2idOf(19_456, 2), { BCRYPT_ROUNDS: '5' }, bcrypt5],
  ['$2b$05$', () => bcryptOf('$2b$', 5), { PASSWORD_HASH: 'argon2id' }, argon2id],
  ['a keyed $2b$05$', () => keyedBcryptOf(5), { PASSWORD_HASH: 'argon2id' }, argon2id],
  ['a cheaper argon2id', () => argon2idOf(64, 1), { PASSWORD_HASH: 'argon2id' }, argon2id],
  ['$2y$06$', () => bcryptOf('$2y$', 6), { BCRYPT_ROUNDS: '7' }, /^\$2b\$07\$/],
];

for (const [what, seed, environment, form] of renewals) {
  const target = Object.entries(environment).join().replace(',', '=');
  test(`D10 the first login upgrades ${what} to ${target} and ends no session`, async (t) => {
    const service = await createTestApp(t, environment);
    const seeded = seed();
    const password = seeded.key === null ? goodPassword : longPassword;
    const account = { ...(await signedInUser(service)), password };
    await seedPassword(service, userRealm, account.username, seeded);

    const wrong = { username: account.username, password: `${password} ` };
    assertStatus(await service.api.post('/api/users/login', wrong), 401);
    const untouched = await storedPassword(service, userRealm, account.username);
    assert.equal(untouched.hash, seeded.hash, 'a wrong password upgrades nothing');

    await signIn(service, userRealm, account);
    const renewed = await storedPassword(service, userRealm, account.username);
    assert.match(renewed.hash, form);
    assert.equal(renewed.version, untouched.version);
    assert.equal(await statusOfMe(service.api, userRealm, account.accessToken), 200);

    await signIn(service, userRealm, account);
    assert.deepEqual(
      await storedPassword(service, userRealm, account.username),
      renewed,
      'upgraded once',
    );
    assertStatus(await service.api.post('/api/users/login', wrong), 401);
  });
}

test('D10 an upgraded bcrypt hash can be verified by any bcrypt tool', async (t) => {
  const service = await createTestApp(t, { BCRYPT_ROUNDS: '5' });
  for (const realm of realms) {
    const account = await signedInTo(service, realm);
    await seedPassword(service, realm, account.username, bcryptOf('$2y$', 4));
    await signIn(service, realm, account);
    const { scheme, hash, key } = await storedPassword(service, realm, account.username);
    assert.deepEqual([scheme, key], ['bcrypt', null]);
    assert.ok(verifySync(account.password, hash));
  }
});

test('D10 a failed upgrade does not fail the login', async (t) => {
  const service = await createTestApp(t, { BCRYPT_ROUNDS: '5' });
  const { db } = service;
  const user = await signedInUser(service);
  const seeded = bcryptOf('$2b$', 4);
  await seedPassword(service, userRealm, user.username, seeded);
  await sql`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RAISE EXCEPTION ''no new hash''; END'`.execute(db);
  await sql`CREATE TRIGGER refuse BEFORE UPDATE OF password_hash ON users EXECUTE FUNCTION refuse()`.execute(
    db,
  );
  t.after(() => sql`DROP FUNCTION refuse CASCADE`.execute(db));

  await signIn(service, userRealm, user);
  assert.equal((await storedPassword(service, userRealm, user.username)).hash, seeded.hash);
  assert.match(service.logs(), /Password rehash failed/);
  assert.ok(!service.logs().includes(user.password));
});

test('D10 a password changed while the old one is rehashed stays changed', async (t) => {
  const service = await createTestApp(t, { BCRYPT_ROUNDS: '5' });
  const { api, db } = service;
  const user = await signedInUser(service);
  await seedPassword(service, userRealm, user.username, bcryptOf('$2b$', 4));
  const before = service.hashes();
  const changed = hashSync('granite lantern 41 willow', { cost: 4 });
  afterNextHash(t, service, 'hash', async () => {
    await seedPassword(service, userRealm, user.username, {
      scheme: 'bcrypt',
      hash: changed,
      key: null,
    });
    await db.updateTable('users').set({ password_version: 2 }).where('id', '=', user.id).execute();
  });

  const { username, password } = user;
  assertStatus(await api.post('/api/users/login', { username, password }), 200);
  assert.equal(service.hashes(), before + 2, 'the old password was verified and rehashed');
  assert.equal((await storedPassword(service, userRealm, user.username)).hash, changed);
});

test('D10 an invalid or overly expensive stored hash opens nothing and breaks nothing', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const cheap = hashSync(goodPassword, { cost: 4 });
  const hashes: [StoredPassword['scheme'], string][] = [
    ['bcrypt', cheap.replace('$04$', '$31$')],
    ['bcrypt', cheap.slice(0, -1)],
    ['bcrypt', goodPassword],
    ['bcrypt', ''],
    ['bcrypt-hmac-sha384', cheap],
    ['argon2id', cheap],
    ['argon2id', '$argon2id$v=19$m=4194304,t=2,p=1$c2l4dGVlbiBieXRlcy4u$c2l4dGVlbiBieXRlcy4u'],
    ['argon2id', '$argon2id$v=19$m=64,t=99,p=1$c2l4dGVlbiBieXRlcy4u$c2l4dGVlbiBieXRlcy4u'],
    ['argon2id', '$argon2id$v=19$m=64,t=1,p=1$$'],
  ];
  for (const [index, [scheme, hash]] of hashes.entries()) {
    await seedPassword(service, userRealm, user.username, { scheme, hash, key: null });
    const remoteAddress = `127.5.0.${index + 1}`;
    const body = { username: user.username, password: goodPassword };
    assertStatus(await service.api.post('/api/users/login', body, { remoteAddress }), 401);
    assert.equal((await storedPassword(service, userRealm, user.username)).hash, hash);
  }
});
