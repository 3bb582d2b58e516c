import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { afterNextHash } from '../after-next-hash.ts';
import { assertStatus } from '../api.ts';
import { verifiedUser } from '../email-calls.ts';
import {
  addApp,
  challengeFor,
  codeOf,
  factorCalls,
  logIn,
  protectedAccount,
} from '../factor-calls.ts';
import { newRegistration, signIn } from '../factories.ts';
import { newPassword, reset, resetToken } from '../reset-calls.ts';
import { refreshed, signedInTo } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';

test('N08 a session of before the factor cannot touch it without the factor', async (t) => {
  const service = await createTestApp(t);
  const owner = await signedInTo(service, userRealm);
  const stolen = await signIn(service, userRealm, owner);
  const app = await addApp(service, userRealm, owner.accessToken);
  const thief = factorCalls(service, userRealm, stolen.accessToken);
  for (const attempt of [thief.remove(app.factorId), thief.start(), thief.newCodes()]) {
    const refused = await attempt;
    assertStatus(refused, 403);
    assert.deepEqual(refused.body.details.methods, ['code']);
  }
  // The password is no way around it either.
  assertStatus(await thief.reauthenticate({ password: owner.password }), 204);
  assertStatus(await thief.remove(app.factorId), 403);
  const change = { email: newRegistration().email, current_password: owner.password };
  const token = stolen.accessToken;
  assertStatus(await service.api.put('/api/users/me', change, { token }), 403);
  const passwords = { current_password: owner.password, new_password: 'meadow copper 77 drift' };
  assertStatus(await service.api.post('/api/users/change-password', passwords, { token }), 403);
  const deletion = { password: owner.password };
  assertStatus(await service.api.request('DELETE', '/api/users/me', deletion, { token }), 403);
  assertStatus(await service.api.get('/api/users/me/export', { token }), 403);
  // The owner steps the same session up with a code.
  assertStatus(await thief.reauthenticate({ code: codeOf(service, app.secret) }), 204);
  assertStatus(await thief.remove(app.factorId), 204);
});

test('N08 a factor that a thief adds is told to the owner and moves no address', async (t) => {
  const service = await createTestApp(t);
  const owner = await signedInTo(service, userRealm);
  const token = owner.accessToken;
  const theirs = await addApp(service, userRealm, token);
  const [notice] = await service.mailbox.mails('second_factor_added');
  assert.equal(notice?.recipient, owner.email);
  const thief = factorCalls(service, userRealm, token);
  assertStatus(await thief.reauthenticate({ code: codeOf(service, theirs.secret) }), 204);
  const email = newRegistration().email;
  const moved = await service.api.put('/api/users/me', { email }, { token });
  assertStatus(moved, 403);
  assert.deepEqual(moved.body.details.methods, ['password', 'code']);
  assertStatus(await service.api.request('DELETE', '/api/users/me', {}, { token }), 403);
});

test('N08 a thief who began to add an app cannot confirm it once the owner has one', async (t) => {
  const service = await createTestApp(t);
  const owner = await signedInTo(service, userRealm);
  const stolen = await signIn(service, userRealm, owner);
  const thief = factorCalls(service, userRealm, stolen.accessToken);
  const ownersCalls = factorCalls(service, userRealm, owner.accessToken);
  const theirs = (await thief.start()).body;
  const mine = (await ownersCalls.start()).body;
  const [one, other] = await Promise.all([
    ownersCalls.confirm(mine.id, codeOf(service, mine.secret)),
    thief.confirm(theirs.id, codeOf(service, theirs.secret)),
  ]);
  assertStatus(one, 200);
  assert.ok([403, 404].includes(other.status));
  assert.deepEqual(
    (await ownersCalls.list()).body.items.map(({ id }: { id: string }) => id),
    [mine.id],
  );
});

test('N01 a reset link sets the password, opens nothing and removes no factor', async (t) => {
  const service = await createTestApp(t);
  const account = await verifiedUser(service);
  await addApp(service, userRealm, account.accessToken);
  const answer = await reset(service.api, await resetToken(service, account.email));
  assertStatus(answer, 200);
  assert.deepEqual(Object.keys(answer.body), ['message']);
  const asked = await logIn(service, userRealm, { ...account, password: newPassword });
  assertStatus(asked, 401);
});

test('N01 a factor put in force while a sign-in waits for its hash is not left out', async (t) => {
  const service = await createTestApp(t);
  const owner = await signedInTo(service, userRealm);
  afterNextHash(t, service, 'verify', () => addApp(service, userRealm, owner.accessToken));
  assertStatus(await logIn(service, userRealm, owner), 401);
  assert.equal((await service.db.selectFrom('sessions').selectAll().execute()).length, 1);
  await challengeFor(service, userRealm, owner);
});

test('N08 a change of address that waits for its hash is refused once a factor is there', async (t) => {
  const service = await createTestApp(t);
  const owner = await signedInTo(service, userRealm);
  const stolen = await signIn(service, userRealm, owner);
  afterNextHash(t, service, 'verify', () => addApp(service, userRealm, owner.accessToken));
  const change = { email: newRegistration().email, current_password: owner.password };
  const token = stolen.accessToken;
  assertStatus(await service.api.put('/api/users/me', change, { token }), 403);
});

test('N01 a session of before the factor stays, at the level that it had', async (t) => {
  const service = await createTestApp(t);
  const owner = await signedInTo(service, userRealm);
  const before = await signIn(service, userRealm, owner);
  await addApp(service, userRealm, owner.accessToken);
  const { accessToken: token } = await refreshed(service.api, userRealm, before.refreshToken);
  assertStatus(await service.api.get('/api/users/me', { token }), 200);
  const query = service.db.selectFrom('sessions').select(['methods', 'level']);
  const session = await query.where('generation', '=', 1).executeTakeFirst();
  assert.deepEqual(session, { methods: 'pwd', level: 1 });
});

test('N12 the last factor can go, and what stood in for it goes too', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const challenge = await challengeFor(service, userRealm, account);
  const calls = factorCalls(service, userRealm, account.accessToken);
  assertStatus(await calls.remove(account.factorId), 204);
  const [code = ''] = account.recoveryCodes;
  const body = { challenge, code };
  assertStatus(await service.api.post('/api/users/login/second-factor', body), 401);
  assertStatus(await logIn(service, userRealm, account), 200);
});
