import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import {
  assertAddress,
  move,
  moveTo,
  undo,
  undoToken,
  verifiedUser,
  verify,
} from '../../../test/email-calls.ts';
import {
  goodPassword,
  newRegistration,
  type SignedIn,
  signedInAdmin,
  signedInUser,
  signIn,
} from '../../../test/factories.ts';
import { forgot, reset, resetToken } from '../../../test/reset-calls.ts';
import { statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { adminRealm, userRealm } from '../../domain/realms/realms.ts';
import { durations } from '../../platform/durations.ts';

/** Signs in again: an admin's change ends all sessions. */
async function signedInAgain(service: TestApp, user: SignedIn): Promise<SignedIn> {
  return signIn(service, userRealm, user);
}

async function emailOf(service: TestApp, id: string): Promise<string | undefined> {
  const query = service.db.selectFrom('users').select('email').where('id', '=', id);
  return (await query.executeTakeFirst())?.email;
}

test('undo restores the address, ends sessions, voids the password, mails a reset', async (t) => {
  const service = await createTestApp(t);
  const { api, mailbox } = service;
  const user = await verifiedUser(service);
  await moveTo(service, user, 'intruder@example.com');
  const answer = await undo(service, await undoToken(service, user.email));
  assertStatus(answer, 200);
  assert.match(answer.body.message, /address was restored/);
  assert.equal(await emailOf(service, user.id), user.email);
  assert.equal(await statusOfMe(api, userRealm, user.accessToken), 401);
  assertStatus(
    await api.post('/api/users/login', { email: user.email, password: goodPassword }),
    401,
  );
  assertStatus(await reset(api, await mailbox.token('password_reset', user.email)), 200);
});

test('an undo link works once, and for seven days', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  await moveTo(service, user, 'first@example.com');
  const token = await undoToken(service, user.email);
  await service.clock.advance(durations.days(7) - 5);
  assertStatus(await undo(service, token), 200);
  assertStatus(await undo(service, token), 400);

  const other = await verifiedUser(service);
  await moveTo(service, other, 'second@example.com');
  const late = await undoToken(service, other.email);
  await service.clock.advance(durations.days(7) + 5);
  const refused = await undo(service, late);
  assertStatus(refused, 400);
  assert.equal(refused.body.details.reason, 'invalid_undo_token');
});

test('of two concurrent undos with one link, one succeeds', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  await moveTo(service, user, 'intruder@example.com');
  const token = await undoToken(service, user.email);
  const answers = await Promise.all(Array.from({ length: 5 }, () => undo(service, token)));
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((one, other) => one - other),
    [200, 400, 400, 400, 400],
  );
  assert.equal((await service.mailbox.mails('password_reset')).length, 1);
});

test('an undo by the owner ends the later undo links of an intruder', async (t) => {
  const service = await createTestApp(t);
  const owner = await verifiedUser(service);
  await moveTo(service, owner, 'one@evil.example');
  await verify(service, 'one@evil.example');
  await moveTo(service, owner, 'two@evil.example');
  const intruders = await undoToken(service, 'one@evil.example');
  assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
  assertStatus(await undo(service, intruders), 400);
  assert.equal(await emailOf(service, owner.id), owner.email);
});

test('an undo by an intruder’s later link does not end the owner’s link', async (t) => {
  const service = await createTestApp(t);
  const owner = await verifiedUser(service);
  await moveTo(service, owner, 'one@evil.example');
  await verify(service, 'one@evil.example');
  await service.clock.advance(1);
  await moveTo(service, owner, 'two@evil.example');
  const intruders = await undoToken(service, 'one@evil.example');
  assertStatus(await undo(service, intruders), 200);
  assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
  assert.equal(await emailOf(service, owner.id), owner.email);
});

test('changing the address back mails the thief no undo link', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  for (const by of ['owner', 'admin'] as const) {
    const thiefs = `${by}@evil.example`;
    const owner = await verifiedUser(service);
    await moveTo(service, owner, thiefs);
    await verify(service, thiefs);
    const first = await undoToken(service, owner.email);
    const email = owner.email.toUpperCase();
    const options = { token: admin.accessToken };
    if (by === 'owner') await moveTo(service, owner, email);
    else
      assertStatus(
        await service.api.patch(`/api/admins/users/${owner.id}`, { email }, options),
        200,
      );
    const told = (await service.mailbox.mails('email_changed')).filter(
      ({ recipient }) => recipient === thiefs,
    );
    assert.equal(told.length, 1);
    assert.doesNotMatch(`${told[0]?.message?.text} ${told[0]?.message?.html}`, /#token=|undo/i);
    // Verified as before, so that the next change gets an undo link; the first link has ended.
    await assertAddress(service, owner, email, 'verified');
    assertStatus(await undo(service, first), 400);
    await moveTo(
      service,
      { ...owner, ...(await signedInAgain(service, owner)) },
      `again.${thiefs}`,
    );
    assertStatus(await undo(service, await undoToken(service, email)), 200);
  }
});

test('an undo mails its reset link even if strangers used up the mail limit', async (t) => {
  const service = await createTestApp(t);
  const owner = await verifiedUser(service);
  for (let count = 0; count < 4; count += 1)
    assertStatus(await forgot(service.api, owner.email), 200);
  const before = await service.mailbox.mails('password_reset');
  assert.equal(before.length, 3);
  await moveTo(service, owner, 'intruder@example.com');
  assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
  const links = await service.mailbox.mails('password_reset');
  assert.equal(links.length, 4);
  assertStatus(
    await reset(service.api, await service.mailbox.token('password_reset', owner.email)),
    200,
  );
});

test('neither a password change nor a reset ends the owner’s undo link', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const user = await verifiedUser(service);
  await moveTo(service, user, 'intruder@example.com');
  const change = { current_password: goodPassword, new_password: 'meadow copper 77 drift' };
  assertStatus(
    await api.post('/api/users/change-password', change, { token: user.accessToken }),
    200,
  );
  await verify(service, 'intruder@example.com');
  assertStatus(await reset(api, await resetToken(service, 'intruder@example.com')), 200);
  assertStatus(await undo(service, await undoToken(service, user.email)), 200);
});

test('an address that was never verified is notified without an undo link', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await moveTo(service, user, 'elsewhere@example.com');
  const [notice] = await service.mailbox.mails('email_changed');
  assert.equal(notice?.recipient, user.email);
  assert.doesNotMatch(notice?.message?.text ?? '', /#token=|undo|admin/);
});

test('an undo neither reactivates a deactivated account nor mails it a reset link', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const user = await verifiedUser(service);
  await moveTo(service, user, 'intruder@example.com');
  const path = `/api/admins/users/${user.id}`;
  assertStatus(
    await service.api.patch(path, { is_active: false }, { token: admin.accessToken }),
    200,
  );
  assertStatus(await undo(service, await undoToken(service, user.email)), 200);
  const read = await service.api.get(path, { token: admin.accessToken });
  assert.equal(read.body.is_active, false);
  assert.equal(read.body.email, user.email);
  assert.equal((await service.mailbox.mails('password_reset')).length, 0);
});

test('an open undo link reserves the old address', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const user = await verifiedUser(service);
  await moveTo(service, user, 'new@example.com');
  const squat = await api.post(
    '/api/users/register',
    newRegistration({ email: user.email.toUpperCase() }),
  );
  assertStatus(squat, 409);
  assert.equal(squat.body.details.field, 'email');
  const other = await verifiedUser(service);
  assertStatus(await move(service, other, user.email), 409);
  // The owner may go back.
  await moveTo(service, user, user.email);
  await moveTo(service, user, 'newer@example.com');
  await service.clock.advance(durations.days(7) + 5);
  assertStatus(await api.post('/api/users/register', newRegistration({ email: user.email })), 201);
});

test('an admin’s change of a user’s address can be undone from the old address', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const user = await verifiedUser(service);
  const change = { email: 'wrong@example.com' };
  const options = { token: admin.accessToken };
  assertStatus(await service.api.patch(`/api/admins/users/${user.id}`, change, options), 200);
  assertStatus(await undo(service, await undoToken(service, user.email)), 200);
  assert.equal(await emailOf(service, user.id), user.email);
});

test('an admin’s own change notifies the old address without an undo link', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const change = { email: 'elsewhere@example.com', current_password: admin.password };
  const answer = await service.api.put(`${adminRealm.path}/me`, change, {
    token: admin.accessToken,
  });
  assertStatus(answer, 200);
  const [notice] = await service.mailbox.mails('email_changed');
  assert.equal(notice?.recipient, admin.email);
  assert.doesNotMatch(notice?.message?.text ?? '', /#token=|elsewhere/);
});

test('B23 of ten concurrent moves to one address one wins; a case change is none', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const [one, two] = [await signedInUser(service), await signedInUser(service)];
  const wanted = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : two));
  const email = 'wanted@example.com';
  const answers = await Promise.all(wanted.map((user) => move(service, user, email)));
  const owners = await service.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .execute();
  assert.equal(owners.length, 1);
  for (const [index, answer] of answers.entries()) {
    assertStatus(answer, wanted[index]?.id === owners[0]?.id ? 200 : 409);
  }
  const winner = owners[0]?.id === one.id ? one : two;
  const mails = (await service.mailbox.mails()).length;
  const same = { email: 'WANTED@example.com' };
  assertStatus(await api.put('/api/users/me', same, { token: winner.accessToken }), 200);
  assert.equal((await service.mailbox.mails()).length, mails);
});
