import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import {
  addApp,
  answerChallenge,
  challengeFor,
  codeOf,
  factorCalls,
  logIn,
  nextStep,
  protectedAccount,
  signInWithCode,
  wrongCodeOf,
} from '../../../test/factor-calls.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { refreshed, signedInTo, statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { adminRealm, realms, userRealm } from '../../domain/realms/realms.ts';

for (const realm of realms) {
  test(`${realm.kind}: an app is added, asked for at sign-in, and removed`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const calls = factorCalls(service, realm, account.accessToken);
    const started = await calls.start({ name: '  My phone ' });
    assertStatus(started, 201);
    assert.match(started.body.secret, /^[A-Z2-7]{32}$/);
    const url = new URL(started.body.otpauth_url);
    assert.equal(url.searchParams.get('secret'), started.body.secret);
    assert.match(
      decodeURIComponent(url.pathname),
      new RegExp(`ADL Production:${account.username}$`),
    );
    assert.match(started.body.qr_code, /^data:image\/svg\+xml;base64,/);
    assert.deepEqual((await calls.list()).body, { items: [], recovery_codes_left: 0 });
    assertStatus(await logIn(service, realm, account), 200);

    const { id, secret } = started.body;
    const confirmed = await calls.confirm(id, codeOf(service, secret));
    assertStatus(confirmed, 200);
    assert.equal(new Set(confirmed.body.recovery_codes).size, 10);
    for (const code of confirmed.body.recovery_codes)
      assert.match(code, /^([a-z2-7]{4}-){3}[a-z2-7]{4}$/);
    const { items, recovery_codes_left: left } = (await calls.list()).body;
    assert.equal(left, 10);
    const [{ created_at: createdAt, last_used_at: usedAt, ...factor }] = items;
    assert.deepEqual(factor, { id, kind: 'totp', name: 'My phone' });
    assert.ok(createdAt <= usedAt);

    await nextStep(service);
    await signInWithCode(service, realm, { ...account, secret });
    assertStatus(await calls.remove(id), 204);
    assert.deepEqual((await calls.list()).body, { items: [], recovery_codes_left: 0 });
    assertStatus(await logIn(service, realm, account), 200);
    const kinds = (await service.mailbox.mails()).map(({ kind }) => kind);
    assert.deepEqual(
      kinds.filter((kind) => kind.startsWith('second_factor')),
      ['second_factor_added', 'second_factor_removed'],
    );
  });

  test(`${realm.kind}: who lost all factors gets back in after a reset by an admin`, async (t) => {
    const service = await createTestApp(t);
    const account = await protectedAccount(service, realm);
    const challenge = await challengeFor(service, realm, account);
    const { accessToken: token } = await signedInAdmin(service);
    const { api } = service;
    const reset = (id: string) =>
      realm.kind === 'user'
        ? api.post(`/api/admins/users/${id}/reset-factors`, undefined, { token })
        : api.post(`/api/admins/${id}/reset-factors`, undefined, { token });
    assertStatus(await reset(account.id), 204);

    assert.equal(await statusOfMe(api, realm, account.accessToken), 401);
    const code = codeOf(service, account.secret);
    assertStatus(await answerChallenge(service, realm, challenge, code), 401);
    assertStatus(await logIn(service, realm, account), 200);
    const [mail] = await service.mailbox.mails('second_factors_reset');
    assert.equal(mail?.recipient, account.email);
    const nobody = '01890a5d-ac96-774b-bcce-b302099a8057';
    assertStatus(await reset(nobody), 404);
  });
}

for (const realm of realms) {
  test(`${realm.kind}: the whole life of a factor, call by call`, async (t) => {
    const service = await createTestApp(t);
    const { api } = service;
    const account = await signedInTo(service, realm);
    const { accessToken: token, username, password } = account;
    assertStatus(await api.post(`${realm.path}/me/reauthenticate`, { password }, { token }), 204);
    const { body } = await api.post(`${realm.path}/me/factors/totp`, {}, { token });
    const confirmation = { code: codeOf(service, body.secret) };
    const of = `${body.id}`;
    assertStatus(
      await api.post(`${realm.path}/me/factors/totp/${of}/confirm`, confirmation, { token }),
      200,
    );
    const renewed = await api.post(`${realm.path}/me/factors/recovery-codes`, {}, { token });
    const [code] = renewed.body.recovery_codes;
    const asked = await api.post(`${realm.path}/login`, { username, password });
    const step = { challenge: asked.body.details.challenge, code };
    assertStatus(await api.post(`${realm.path}/login/second-factor`, step), 200);
    const listed = await api.get(`${realm.path}/me/factors`, { token });
    assert.equal(listed.body.recovery_codes_left, 9);
    assertStatus(await api.delete(`${realm.path}/me/factors/${body.id}`, { token }), 204);
  });
}

test('a reset of factors wants a recent proof of the admin', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const user = await protectedAccount(service, userRealm);
  const admin = await signedInAdmin(service);
  await service.clock.advance(16 * 60);
  const { accessToken: token } = await refreshed(api, adminRealm, admin.refreshToken);
  for (const path of [`/api/admins/users/${user.id}`, `/api/admins/${admin.id}`]) {
    const refused = await api.post(`${path}/reset-factors`, undefined, { token });
    assertStatus(refused, 403);
    assert.deepEqual(refused.body.details, {
      reason: 'reauthentication_required',
      methods: ['password'],
    });
  }
  const { password } = admin;
  assertStatus(await api.post('/api/admins/me/reauthenticate', { password }, { token }), 204);
  const reset = await api.post(`/api/admins/users/${user.id}/reset-factors`, undefined, { token });
  assertStatus(reset, 204);
});

test('a code is confirmed within the hour, of the newest app begun, and only once', async (t) => {
  const service = await createTestApp(t);
  const { accessToken } = await signedInTo(service, userRealm);
  const calls = factorCalls(service, userRealm, accessToken);
  const first = (await calls.start()).body;
  const wrong = await calls.confirm(first.id, wrongCodeOf(service, first.secret));
  assertStatus(wrong, 400);
  assert.equal(wrong.body.details.reason, 'wrong_code');
  const second = (await calls.start()).body;
  assertStatus(await calls.confirm(first.id, codeOf(service, first.secret)), 404);
  assertStatus(await calls.confirm(second.id, codeOf(service, second.secret)), 200);
  await nextStep(service);
  assertStatus(await calls.confirm(second.id, codeOf(service, second.secret)), 404);
});

test('a recovery code signs in once, in any spelling; the last two are told', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const calls = factorCalls(service, userRealm, account.accessToken);
  const use = async (code: string) =>
    answerChallenge(service, userRealm, await challengeFor(service, userRealm, account), code);
  const [first = '', ...others] = account.recoveryCodes;
  assertStatus(await use(first.replaceAll('-', ' ').toUpperCase()), 200);
  assertStatus(await use(first), 401);
  assert.equal((await calls.list()).body.recovery_codes_left, 9);
  for (const code of others.slice(0, 7)) assertStatus(await use(code), 200);
  assert.deepEqual(await service.mailbox.mails('recovery_codes_low'), []);
  for (const code of others.slice(7)) assertStatus(await use(code), 200);
  assert.equal((await service.mailbox.mails('recovery_codes_low')).length, 2);
  assert.equal((await calls.list()).body.recovery_codes_left, 0);
});

test('new recovery codes kill the old ones, and nobody has any without a factor', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const calls = factorCalls(service, userRealm, account.accessToken);
  const renewed = await calls.newCodes();
  assertStatus(renewed, 200);
  const challenge = await challengeFor(service, userRealm, account);
  const [old = ''] = account.recoveryCodes;
  assertStatus(await answerChallenge(service, userRealm, challenge, old), 401);
  const [code] = renewed.body.recovery_codes;
  assertStatus(await answerChallenge(service, userRealm, challenge, code), 200);
  assert.equal((await service.mailbox.mails('recovery_codes_replaced')).length, 1);

  const other = await signedInTo(service, userRealm);
  assertStatus(await factorCalls(service, userRealm, other.accessToken).newCodes(), 409);
});

test('a second app comes without codes, and takes over when the first is removed', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const calls = factorCalls(service, userRealm, account.accessToken);
  const second = await addApp(service, userRealm, account.accessToken);
  assert.equal(second.recoveryCodes, null);
  assertStatus(await calls.remove(account.factorId), 204);
  assertStatus(await calls.remove(account.factorId), 404);
  const challenge = await challengeFor(service, userRealm, account);
  const old = codeOf(service, account.secret);
  assertStatus(await answerChallenge(service, userRealm, challenge, old), 401);
  const code = codeOf(service, second.secret);
  assertStatus(await answerChallenge(service, userRealm, challenge, code), 200);
});

test('the session says how it was opened, also after a refresh', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const tokens = await signInWithCode(service, userRealm, account);
  await refreshed(service.api, userRealm, tokens.refreshToken);
  const sessions = await service.db
    .selectFrom('sessions')
    .select(['methods', 'level', 'generation'])
    .orderBy('id')
    .execute();
  assert.deepEqual(sessions, [
    { methods: 'pwd otp', level: 2, generation: 0 },
    { methods: 'pwd otp', level: 2, generation: 1 },
  ]);
});
