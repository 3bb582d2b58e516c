import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareSigningKeys } from '../../src/domain/key-rotation/prepare-signing-keys.ts';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import {
  answerChallenge,
  challengeFor,
  codeOf,
  logIn,
  nextStep,
  protectedAccount,
} from '../factor-calls.ts';
import { signedInTo } from '../session-calls.ts';
import { createTestApp, type TestApp, testSecret } from '../test-app.ts';
import { rowsWith } from '../whole-database.ts';

const next = 'b3RoZXIga2V5IG9mIHRoZSB0ZXN0cywgZ29vZCBmb3Igbm90aGluZw';

test('N06 no secret, code or challenge is in the database or the log in clear', async (t) => {
  const service = await createTestApp(t, { LOG_LEVEL: 'debug' });
  const account = await protectedAccount(service, userRealm);
  const challenge = await challengeFor(service, userRealm, account);
  const [used = ''] = account.recoveryCodes;
  assertStatus(await answerChallenge(service, userRealm, challenge, used), 200);
  const code = codeOf(service, account.secret);
  const open = await challengeFor(service, userRealm, account);
  assertStatus(await answerChallenge(service, userRealm, open, code), 200);
  const bytes = bytesOf(account.secret).toString('hex');
  const plain = account.recoveryCodes.flatMap((one) => [one, one.replaceAll('-', '')]);
  const secrets = [account.secret, bytes, challenge, open, ...plain];
  assert.deepEqual(await rowsWith(service.db, secrets), []);
  const hex = plain.map((one) => Buffer.from(one).toString('hex'));
  assert.deepEqual(await rowsWith(service.db, hex), []);
  for (const secret of [...secrets, `"${code}"`])
    assert.ok(!service.logs().includes(secret), secret);
  const { accessToken: token } = account;
  const exported = await service.api.get('/api/users/me/export', { token });
  assertStatus(exported, 200);
  for (const secret of secrets) assert.ok(!exported.text.includes(secret), secret);
  assert.equal(exported.body.authenticator_apps[0].name, 'My phone');
  assert.equal(exported.body.recovery_codes.length, 10);
});

test('N06 a new SECRET_KEY keeps factors, and a use moves them to it', async (t) => {
  const during = await createTestApp(t, { SECRET_KEY: next, SECRET_KEY_PREVIOUS: testSecret });
  const after = await createTestApp(t, { SECRET_KEY: next });
  const before = await createTestApp(t);
  const account = await protectedAccount(before, userRealm);
  const use = async ({ api }: TestApp) => {
    const challenge = await challengeFor({ api }, userRealm, account);
    return answerChallenge({ api }, userRealm, challenge, codeOf(before, account.secret));
  };
  assertStatus(await use(after), 401);
  // As at its start.
  await prepareSigningKeys(during.deps);
  assertStatus(await use(during), 200);
  const [factor] = await before.db.selectFrom('totp_factors').select('key_id').execute();
  assert.equal(factor?.key_id, after.keys.current.kid);
  await nextStep(before);
  assertStatus(await use(after), 200);
});

test('N06 a sealed secret opens for no other account', async (t) => {
  const service = await createTestApp(t);
  const [ada, bob] = [
    await protectedAccount(service, userRealm),
    await protectedAccount(service, userRealm),
  ];
  const { db } = service;
  const theirs = await db
    .selectFrom('totp_factors')
    .select(['secret', 'key_id'])
    .where('subject_id', '=', bob.id)
    .executeTakeFirstOrThrow();
  await db.updateTable('totp_factors').set(theirs).where('subject_id', '=', ada.id).execute();
  const challenge = await challengeFor(service, userRealm, ada);
  const code = codeOf(service, bob.secret);
  assertStatus(await answerChallenge(service, userRealm, challenge, code), 401);
});

for (const realm of realms) {
  test(`N11 ${realm.kind}: a wrong password is the same work with and without a factor`, async (t) => {
    const service = await createTestApp(t);
    const accounts = [await protectedAccount(service, realm), await signedInTo(service, realm)];
    const seen = [];
    for (const { username } of accounts) {
      await service.db.deleteFrom('throttles').execute();
      const before = service.statements().length;
      const hashed = service.hashes();
      const answer = await logIn(service, realm, { username, password: 'not the right one' });
      assertStatus(answer, 401);
      const { request_id: _id, timestamp: _at, ...body } = answer.body;
      const statements = service.statements().slice(before);
      seen.push({ body, statements, hashes: service.hashes() - hashed });
    }
    assert.deepEqual(seen[0], seen[1]);
    assert.equal(seen[0]?.hashes, 1);
  });
}

function bytesOf(base32: string): Buffer {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...base32].map((one) => letters.indexOf(one).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
