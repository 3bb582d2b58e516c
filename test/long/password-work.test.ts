import assert from 'node:assert/strict';
import { argon2Sync, createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { MessagePort } from 'node:worker_threads';
import { hashSync } from '@node-rs/bcrypt';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import { readForeignHash } from '../../src/platform/hashing/foreign-hashes.ts';
import { foreignCost } from '../../src/platform/hashing/foreign-schemes.ts';
import type { HashJob } from '../../src/platform/hashing/hash-job.ts';
import { isForeign, type StoredPassword } from '../../src/platform/hashing/password-schemes.ts';
import { afterNextHash } from '../after-next-hash.ts';
import { assertStatus } from '../api.ts';
import { goodPassword } from '../factories.ts';
import { foreignVectors } from '../foreign-vectors.ts';
import { signedInTo } from '../session-calls.ts';
import { seedPassword } from '../stored-passwords.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const longPassword = 'A'.repeat(100);
const wrong = 'not the right password';

function bcryptOf(cost: number, prefix = '$2b$'): StoredPassword {
  return {
    scheme: 'bcrypt',
    hash: hashSync(goodPassword, { cost }).replace(/^\$2.\$/, prefix),
    key: null,
  };
}

function keyedBcryptOf(cost: number): StoredPassword {
  const key = Buffer.from('sixteen bytes..!');
  const shortened = createHmac('sha384', key).update(goodPassword).digest('base64');
  return { scheme: 'bcrypt-hmac-sha384', hash: hashSync(shortened, { cost }), key };
}

function argon2idOf(memory: number, passes: number): StoredPassword {
  const nonce = Buffer.from('another sixteen!');
  const costs = { memory, passes, parallelism: 1, tagLength: 32 };
  const tag = argon2Sync('argon2id', { message: goodPassword, nonce, ...costs });
  const [salt, hash] = [nonce, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''));
  const header = `$argon2id$v=19$m=${memory},t=${passes},p=1`;
  return { scheme: 'argon2id', hash: `${header}$${salt}$${hash}`, key: null };
}

const bcrypt8 = { BCRYPT_ROUNDS: '8' };

/** Of other systems, each cheaper than the target. */
const importedHashes = foreignVectors
  .filter(([what]) => /argon2i of|scrypt of passlib|PBKDF2 of passlib, SHA-(256|512)/.test(what))
  .map(
    ([what, hash]) => [what, readForeignHash({ hash }, null) as StoredPassword, bcrypt8] as const,
  );

/** The cost of a hash in bcrypt rounds; argon2id fills about 64 KiB in the time of one. */
function roundsOf(hash: string): number {
  const foreign = readForeignHash({ hash }, null);
  if ('scheme' in foreign && isForeign(foreign)) return foreignCost(foreign)?.rounds ?? 0;
  const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),/.exec(hash) ?? [];
  return memory ? (Number(memory) * Number(passes)) / 64 : 2 ** Number(hash.slice(4, 6));
}

/**
 * Records the work of each password check from now on, in bcrypt rounds, as sent to the threads.
 */
function watchWork(t: TestContext): () => number[] {
  const post = t.mock.method(MessagePort.prototype, 'postMessage');
  return () => {
    const jobs = post.mock.calls.map((call) => (call.arguments[0] as { task: HashJob }).task);
    post.mock.resetCalls();
    return jobs.filter((job) => job.kind === 'verify').map(workOf);
  };
}

function workOf({ stored, topUp }: HashJob & { kind: 'verify' }): number {
  const [first] = topUp;
  // The thread measures it.
  if (first?.algorithm === 'bcryptUntil') return Math.max(2 ** first.cost, roundsOf(stored.hash));
  const more = topUp.map((idle) =>
    'cost' in idle ? 2 ** idle.cost : (idle.memory * idle.passes) / 64,
  );
  return roundsOf(stored.hash) + more.reduce((sum, rounds) => sum + rounds, 0);
}

let addresses = 0;
function login({ api }: TestApp, path: string, username: string, password: string) {
  addresses += 1;
  const remoteAddress = `127.6.0.${addresses}`;
  return api.post(`${path}/login`, { username, password }, { remoteAddress });
}

const argon2id = { PASSWORD_HASH: 'argon2id' };

for (const [what, stored, environment] of [
  ['$2b$04$', bcryptOf(4), bcrypt8],
  ['$2a$06$', bcryptOf(6, '$2a$'), bcrypt8],
  ['$2y$07$', bcryptOf(7, '$2y$'), bcrypt8],
  ['$2b$08$, the current default', bcryptOf(8), bcrypt8],
  ['a keyed $2b$04$', keyedBcryptOf(4), bcrypt8],
  ['a truncated $2b$05$', { ...bcryptOf(5), scheme: 'bcrypt-truncated' }, bcrypt8],
  ...importedHashes,
  ['an unreadable hash', { scheme: 'bcrypt', hash: 'broken', key: null }, bcrypt8],
  ['a cheap argon2id', argon2idOf(1024, 2), bcrypt8],
  ['argon2id', argon2idOf(19_456, 2), { BCRYPT_ROUNDS: '10' }],
  ['$2b$08$', bcryptOf(8), argon2id],
  ['a cheap argon2id', argon2idOf(64, 1), argon2id],
  ['argon2id, the current default', argon2idOf(19_456, 2), argon2id],
] as const) {
  const target = Object.entries(environment).join().replace(',', '=');
  test(`A02 with ${target}, ${what} costs the same check as an unknown name`, async (t) => {
    const service = await createTestApp(t, environment);
    const account = await signedInTo(service, userRealm);
    const { path } = userRealm;
    await seedPassword(service, userRealm, account.username, stored);
    const works = watchWork(t);
    assertStatus(await login(service, path, 'nobody.at.all', wrong), 401);
    const [unknown = 0] = works();
    assert.ok(unknown >= 256);
    const assertSame = (how: string): void => {
      const [work = 0, ...more] = works();
      assert.deepEqual(more, [], how);
      // The smallest hash available as padding has 16 rounds.
      const isExact = stored.scheme.startsWith('bcrypt') && environment !== argon2id;
      const tolerance = isExact ? 0 : 16;
      assert.ok(Math.abs(work - unknown) <= tolerance, `${how}: ${work} of ${unknown} rounds`);
    };
    assertStatus(await login(service, path, account.username, wrong), 401);
    assertSame('a wrong password');
    assertStatus(await login(service, path, account.username, longPassword), 401);
    assertSame('one of more than 72 bytes');
    const change = { current_password: wrong, new_password: 'granite lantern 41 willow' };
    const { accessToken: token } = account;
    assertStatus(await service.api.post(`${path}/change-password`, change, { token }), 400);
    assertSame('the current password again');
    await service.db.updateTable('users').set({ is_active: false }).execute();
    assertStatus(await login(service, path, account.username, goodPassword), 401);
    assertSame('the right password of an inactive account');
  });
}

for (const realm of realms) {
  test(`A02 ${realm.kind}: right and wrong passwords cost the same at a full count`, async (t) => {
    const service = await createTestApp(t, bcrypt8);
    const account = await signedInTo(service, realm);
    await seedPassword(service, realm, account.username, bcryptOf(4));
    const works = watchWork(t);
    const remoteAddress = '127.6.1.1';
    const ask = (password: string) =>
      service.api.post(
        `${realm.path}/login`,
        { username: account.username, password },
        { remoteAddress },
      );
    afterNextHash(t, service, 'verify', async () => {
      for (let count = 0; count < 5; count += 1) await ask(wrong);
    });
    assertStatus(await ask(goodPassword), 429);
    const all = works();
    assert.ok(all.length >= 4);
    assert.deepEqual([...new Set(all)], [256]);
  });
}

test('A02 a more expensive hash is checked as it is, without padding', async (t) => {
  const service = await createTestApp(t, bcrypt8);
  const account = await signedInTo(service, userRealm);
  const works = watchWork(t);
  for (const [stored, rounds] of [
    [bcryptOf(9), 512],
    [argon2idOf(19_456, 2), 608],
  ] as const) {
    await seedPassword(service, userRealm, account.username, stored);
    assertStatus(await login(service, userRealm.path, account.username, wrong), 401);
    assert.deepEqual(works(), [rounds]);
  }
});
