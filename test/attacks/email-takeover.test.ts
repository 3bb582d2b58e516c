import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import {
  assertAddress,
  linkGoesTo,
  move,
  moveTo,
  undo,
  undoToken,
  verifiedUser,
  verify,
} from '../email-calls.ts';
import {
  goodPassword,
  newRegistration,
  type SignedIn,
  signedInAdmin,
  signedInUser,
  signIn,
} from '../factories.ts';
import { newPassword, reset, resetToken } from '../reset-calls.ts';
import { signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const [one, two, victims] = ['one@evil.example', 'two@evil.example', 'victim@example.com'];

for (const realm of [userRealm, adminRealm]) {
  test(`token thief, ${realm.kind}: no address change without the password`, async (t) => {
    const service = await createTestApp(t);
    const owner = await signedInTo(service, realm);
    const refused = await service.api.put(
      `${realm.path}/me`,
      { email: one },
      { token: owner.accessToken },
    );
    assertStatus(refused, 403);
    assert.equal(refused.body.details.reason, 'reauthentication_required');
    const me = await service.api.get(`${realm.path}/me`, { token: owner.accessToken });
    assert.equal(me.body.email, owner.email);
    assert.deepEqual(await service.mailbox.mails('email_changed'), []);
  });
}

test("password thief: the owner's first undo link reverts every later change", async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const owner = await verifiedUser(service);
  let thief = await signIn(service, userRealm, owner);
  await moveTo(service, thief, one);
  assert.deepEqual(await linkGoesTo(service, one), [owner.email], 'not to an unverified address');
  await verify(service, one);
  assertStatus(await reset(api, await resetToken(service, one)), 200);
  thief = await signIn(service, userRealm, { ...owner, password: newPassword });
  await changePassword(service, thief, 'meadow copper 77 drift');
  await logoutAll(service, thief);
  thief = await signIn(service, userRealm, { ...owner, password: 'meadow copper 77 drift' });
  await moveTo(service, thief, two);
  await verify(service, two);
  await logoutAll(service, thief);

  assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
  await assertAddress(service, owner, owner.email, 'verified');
  assert.equal(await statusOfMe(api, userRealm, thief.accessToken), 401);
  const { username } = owner;
  for (const password of [goodPassword, newPassword, 'meadow copper 77 drift'])
    assertStatus(await api.post('/api/users/login', { username, password }), 401);
  await assertNoUndoLink(service, one, two);
  assertStatus(await reset(api, await service.mailbox.token('password_reset', owner.email)), 200);
});

test('password thief: four changes back and forth leave the owner a valid undo link', async (t) => {
  const service = await createTestApp(t);
  const owner = await verifiedUser(service);
  for (const email of [one, owner.email, two, owner.email, one, owner.email, two])
    await moveTo(service, owner, email);
  assert.deepEqual(await linkGoesTo(service, two), [owner.email]);
  assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
  await assertAddress(service, owner, owner.email, 'verified');
});

test('password thief: the owner is notified of a new password and a new device', async (t) => {
  const service = await createTestApp(t);
  const owner = await verifiedUser(service);
  await moveTo(service, owner, one);
  await changePassword(service, owner, newPassword);
  const login = { username: owner.username, password: newPassword };
  const headers = {
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
  };
  const away = { headers, remoteAddress: '203.0.113.9' };
  assertStatus(await service.api.post('/api/users/login', login, away), 200);
  for (const kind of ['password_changed', 'new_sign_in'] as const) {
    const recipients = (await service.mailbox.mails(kind)).map(({ recipient }) => recipient);
    assert.deepEqual(recipients.toSorted(), [owner.email, one].toSorted(), kind);
  }
});

test("password thief: the owner's undo revokes the thief's links, two changes back too", async (t) => {
  for (const defend of [changePassword, logoutAll]) {
    const service = await createTestApp(t);
    const owner = await verifiedUser(service);
    await moveTo(service, owner, one);
    await verify(service, one);
    await moveTo(service, owner, two);
    await verify(service, two);
    await moveTo(service, owner, 'new@owner.example');
    await defend(service, owner, newPassword);
    await assertNoUndoLink(service, one, two);
    assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
    await assertAddress(service, owner, owner.email, 'verified');
  }
});

test('squatter: an unverified address is not reserved', async (t) => {
  const service = await createTestApp(t);
  const squatter = await signedInUser(service, { email: one });
  for (const email of [victims, 'second@example.com', 'third@example.com'])
    await moveTo(service, squatter, email);
  await assertNoUndoLink(service, one, victims, 'second@example.com');
  await registered(service, victims);
  const mover = await signedInUser(service);
  await moveTo(service, mover, 'second@example.com');
  // B22: the last one belongs to its owner after a reset, as always.
  assertStatus(await reset(service.api, await resetToken(service, 'third@example.com')), 200);
  assert.equal(await statusOfMe(service.api, userRealm, squatter.accessToken), 401);
});

test("squatter: with a verified address of their own they lose a stranger's", async (t) => {
  const service = await createTestApp(t);
  const squatter = await verifiedUser(service, { email: one });
  await moveTo(service, squatter, 'second@example.com');
  await moveTo(service, squatter, victims);
  const pending = await service.mailbox.token('email_verification', victims);
  assert.deepEqual(
    await linkGoesTo(service, victims),
    [one],
    'and nobody gets into the account through it',
  );
  const victim = await registered(service, victims);
  await assertAddress(service, victim, victims, 'unverified');
  await assertAddress(service, squatter, one, 'verified');
  await verify(service, victims);
  assertStatus(await service.api.post('/api/users/verify-email', { token: pending }), 400);
  await assertNoUndoLink(service, one, victims, 'second@example.com');
  assert.deepEqual(await linkGoesTo(service, victims), [victims]);
  assertStatus(await move(service, squatter, victims), 409);
});

test("plain admin: no link from a user's past leads into a superuser's account", async (t) => {
  for (const alsoMoves of [false, true]) {
    const service = await createTestApp(t);
    const user = await verifiedUser(service);
    const plain = patcher(service, await signedInAdmin(service, { superadmin: false }), user);
    const superadmin = patcher(service, await signedInAdmin(service), user);
    await plain({ email: one });
    await verify(service, one);
    await plain({ email: two });
    await verify(service, two);
    await plain({ email: 'boss@example.com' });
    await superadmin({
      is_superuser: true,
      ...(alsoMoves ? { email: 'boss@office.example' } : {}),
    });
    await assertNoUndoLink(service, user.email, one, two, 'boss@example.com');
    for (const email of [one, two]) assert.deepEqual(await linkGoesTo(service, email), []);
  }
});

test('plain admin: a reset they send goes to the verified address, not to theirs', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  const admin = await signedInAdmin(service, { superadmin: false });
  await patcher(service, admin, user)({ email: one });
  const path = `/api/admins/users/${user.id}/send-password-reset`;
  assertStatus(await service.api.post(path, undefined, { token: admin.accessToken }), 204);
  const recipients = (await service.mailbox.mails('password_reset')).map(
    ({ recipient }) => recipient,
  );
  assert.deepEqual(recipients, [user.email]);
});

function patcher({ api }: TestApp, { accessToken: token }: SignedIn, { id }: SignedIn) {
  return async (body: object) =>
    assertStatus(await api.patch(`/api/admins/users/${id}`, body, { token }), 200);
}

async function registered(service: TestApp, email: string): Promise<SignedIn> {
  const registration = newRegistration({ email });
  assertStatus(await service.api.post('/api/users/register', registration), 201);
  return signIn(service, userRealm, registration);
}

async function changePassword({ api }: TestApp, user: SignedIn, password: string): Promise<void> {
  const body = { current_password: user.password, new_password: password };
  assertStatus(
    await api.post('/api/users/change-password', body, { token: user.accessToken }),
    200,
  );
}

async function logoutAll({ api }: TestApp, { accessToken: token }: SignedIn): Promise<void> {
  assertStatus(await api.post('/api/users/logout-all', undefined, { token }), 204);
}

/** None of these mailboxes has a valid undo link. */
async function assertNoUndoLink({ mailbox }: TestApp, ...emails: string[]): Promise<void> {
  const mails = (await mailbox.mails('email_changed')).filter(({ recipient }) =>
    emails.includes(recipient),
  );
  for (const { recipient, message } of mails)
    assert.doesNotMatch(message?.text ?? '', /#token=/, `a valid undo link to ${recipient}`);
}
