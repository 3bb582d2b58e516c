import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { durations } from '../../src/platform/durations.ts';
import { afterNextHash } from '../after-next-hash.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { adminOn, deletedByOwner, deleteMe, deletionToken } from '../deletion-calls.ts';
import {
  assertAddress,
  linkGoesTo,
  moveTo,
  undo,
  undoToken,
  verifiedUser,
  verify,
} from '../email-calls.ts';
import {
  newRegistration,
  registeredUser,
  signedInAdmin,
  signedInUser,
  signIn,
} from '../factories.ts';
import { forgot, newPassword, reset } from '../reset-calls.ts';
import { assertRefused, refresh, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { onPostgres } from '../test-database.ts';

/** The SQL that an action runs. */
async function statementsOf(service: TestApp, act: () => Promise<unknown>): Promise<string[]> {
  const before = service.statements().length;
  await act();
  return service.statements().slice(before);
}

function withoutIds({ body }: Answer): unknown {
  const { request_id, timestamp, ...rest } = body;
  return rest;
}

test('a sign-in to a deleted account is answered as one to an unknown name, by the same work', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await deletedByOwner(service, user);
  const login = (username: string) =>
    service.api.post('/api/users/login', { username, password: user.password });
  await login('warm.up');
  for (const [name, unknown] of [
    [user.username, 'nobody.here'],
    [user.email, 'nobody@example.com'],
  ] as const) {
    const answers: Answer[] = [];
    const ask = (asked: string) =>
      statementsOf(service, async () => answers.push(await login(asked)));
    assert.deepEqual(await ask(name), await ask(unknown));
    const [deleted, other] = answers as [Answer, Answer];
    assertStatus(deleted, 401);
    assert.deepEqual(withoutIds(deleted), withoutIds(other));
  }
});

test('a reset link for a deleted account: the same answer and work as for none, and no mail', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  await deletedByOwner(service, user);
  const ask = (email: string) =>
    statementsOf(service, async () => {
      assertStatus(await forgot(service.api, email), 200);
      await service.mailbox.deliver();
    });
  await ask('warm.up@example.com');
  const [deleted, unknown] = [await ask(user.email), await ask('nobody@example.com')];
  assert.deepEqual(deleted.toSorted(), unknown.toSorted());
  assert.deepEqual(await service.mailbox.mails('password_reset'), []);
});

test('a thief who moves the account and deletes it gets no link; the owner has it back', async (t) => {
  const service = await createTestApp(t);
  const owner = await verifiedUser(service);
  const thief = await signIn(service, userRealm, owner);
  await moveTo(service, thief, 'thief@example.com');
  const verification = await service.mailbox.token('email_verification', 'thief@example.com');
  assertStatus(await deleteMe(service, thief), 204);
  await assert.rejects(deletionToken(service, 'thief@example.com'));
  assertStatus(await service.api.post('/api/users/verify-email', { token: verification }), 400);
  // Long after the link that undoes the move.
  await service.clock.advance(durations.days(20));
  assertStatus(await undo(service, await deletionToken(service, owner.email)), 200);
  await assertAddress(service, owner, owner.email, 'verified');
  assert.deepEqual(await linkGoesTo(service, owner.email), [owner.email]);
  assert.deepEqual(await linkGoesTo(service, 'thief@example.com'), []);
});

/** A thief with the password has moved the account, verified an own address, and deleted it. */
async function stolenAndDeleted(service: TestApp) {
  const owner = await verifiedUser(service);
  const thief = await signIn(service, userRealm, owner);
  await moveTo(service, thief, 'thief@example.com');
  await verify(service, 'thief@example.com');
  return { owner, thief: { ...thief, email: 'thief@example.com' } };
}

test('a deletion is no way round the undo link of a verified address: it restores, too', async (t) => {
  const service = await createTestApp(t);
  const { owner, thief } = await stolenAndDeleted(service);
  const thiefsLink = await deletedByOwner(service, thief);
  assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
  await assertAddress(service, owner, owner.email, 'verified');
  assertStatus(await undo(service, thiefsLink), 400);
  const { username, password } = owner;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
  assertStatus(
    await reset(service.api, await service.mailbox.token('password_reset', owner.email)),
    200,
  );
  await signIn(service, userRealm, { ...owner, password: newPassword });
});

test('an account is not erased while a link may still bring its address back', async (t) => {
  const service = await createTestApp(t, { DELETED_USER_GRACE_DAYS: '1' });
  const { owner, thief } = await stolenAndDeleted(service);
  await deletedByOwner(service, thief);
  await service.clock.advance(durations.days(6));
  await service.tidyUp();
  assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
});

test('an undo link lifts no deletion by an admin, but gives the address back', async (t) => {
  const service = await createTestApp(t);
  const { owner, thief } = await stolenAndDeleted(service);
  const on = adminOn(service, await signedInAdmin(service), owner);
  const thiefsLink = await deletedByOwner(service, thief);
  assertStatus(await on.delete(), 204);
  assertStatus(await undo(service, thiefsLink), 400);
  assertStatus(await undo(service, await undoToken(service, owner.email)), 200);
  assert.notEqual((await on.read()).body.deleted_at, null);
  assert.deepEqual(await service.mailbox.mails('password_reset'), []);
  assertStatus(await on.restore(), 200);
  await assertAddress(service, owner, owner.email, 'verified');
});

test('a squatter who deletes the account hands it to whom the address belongs', async (t) => {
  const service = await createTestApp(t);
  const squatter = await registeredUser(service, { email: 'victim@example.com' });
  assertStatus(await deleteMe(service, squatter), 204);
  assertStatus(await undo(service, await deletionToken(service, 'victim@example.com')), 200);
  assertStatus(await forgot(service.api, 'victim@example.com'), 200);
  const link = await service.mailbox.token('password_reset', 'victim@example.com');
  assertStatus(await reset(service.api, link), 200);
  const { username, password } = squatter;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
});

test('a login that waits for its hash while the account is deleted opens no session', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const admin = await signedInAdmin(service);
  const { username, password } = user;
  afterNextHash(t, service, 'verify', () => adminOn(service, admin, user).delete());
  assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
  const live = service.db.selectFrom('sessions').select('id').where('subject_id', '=', user.id);
  assert.deepEqual(await live.where('revoked_at', 'is', null).execute(), []);
});

test('a deletion that waits for its hash does nothing once its session or password is gone', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const { accessToken: token, password } = user;
  const change = { current_password: password, new_password: newPassword };
  afterNextHash(t, service, 'verify', () =>
    service.api.post('/api/users/change-password', change, { token }),
  );
  assertStatus(await deleteMe(service, user), 400);
  const changed = { ...user, password: newPassword };
  const leave = () => service.api.post('/api/users/logout', { refresh_token: user.refreshToken });
  afterNextHash(t, service, 'verify', leave);
  assertStatus(await deleteMe(service, changed), 401);
  await signIn(service, userRealm, changed);
  assert.deepEqual(await service.mailbox.mails('account_deleted'), []);
});

test('of a deletion and what races with it, nothing is left half done', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  for (let round = 0; round < 4; round += 1) {
    const user = await verifiedUser(service);
    const second = await signIn(service, userRealm, user);
    const { username, password } = user;
    const [deleted, again, login, refreshed] = await Promise.all([
      deleteMe(service, user),
      deleteMe(service, second),
      api.post('/api/users/login', { username, password }),
      refresh(api, userRealm, second.refreshToken),
    ]);
    assert.deepEqual([deleted.status, again.status].toSorted(), [204, 401]);
    for (const { body } of [login, refreshed]) {
      if (body.access_token === undefined) continue;
      assert.equal(await statusOfMe(api, userRealm, body.access_token), 401);
      assertRefused(await refresh(api, userRealm, body.refresh_token), 'invalid_refresh_token');
    }
    assert.equal((await service.mailbox.mails('account_deleted')).length, round + 1);
  }
});

test('of a deletion and an undo of the address at once, the undo has the last word', async (t) => {
  const service = await createTestApp(t);
  for (let round = 0; round < 4; round += 1) {
    const owner = await verifiedUser(service);
    const thief = await signIn(service, userRealm, owner);
    await moveTo(service, thief, `thief${round}@example.com`);
    await verify(service, `thief${round}@example.com`);
    const token = await undoToken(service, owner.email);
    const [, undone] = await Promise.all([deleteMe(service, thief), undo(service, token)]);
    assertStatus(undone, 200);
    await assertAddress(service, owner, owner.email, 'verified');
    const query = service.db.selectFrom('users').select('deleted_at').where('id', '=', owner.id);
    assert.deepEqual(await query.execute(), [{ deleted_at: null }]);
  }
});

test('of a restore and an erasure at once, one wins; the account is whole or gone', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  for (let round = 0; round < 6; round += 1) {
    const user = await registeredUser(service);
    const on = adminOn(service, admin, user);
    assertStatus(await on.delete(), 204);
    await service.db
      .updateTable('users')
      .set({ erase_at: new Date(0) })
      .where('id', '=', user.id)
      .execute();
    const [restored] = await Promise.all([
      on.restore(),
      service.tidyUp(),
      onPostgres && service.tidyUp(),
    ]);
    const events = service.db
      .selectFrom('audit_events')
      .select('ip')
      .where('subject_id', '=', user.id);
    const places = (await events.where('event', '=', 'sign_in').execute()).map(({ ip }) => ip);
    if (restored.status === 200) {
      await signIn(service, userRealm, user);
      assert.deepEqual(places, ['127.0.0.1']);
    } else {
      assertStatus(restored, 404);
      assert.deepEqual(places, [null]);
      const { username, email } = user;
      assertStatus(
        await service.api.post('/api/users/register', newRegistration({ username, email })),
        201,
      );
    }
  }
});
