import { chainAuditEvents } from '../src/domain/audit/chain-audit-events.ts';
import { userRealm } from '../src/domain/realms/realms.ts';
import { assertStatus } from './api.ts';
import { adminOn, deletedByOwner } from './deletion-calls.ts';
import { moveTo, undo } from './email-calls.ts';
import { answerChallenge, challengeFor, factorCalls, protectedAccount } from './factor-calls.ts';
import {
  goodPassword,
  newRegistration,
  type SignedIn,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
  signIn,
} from './factories.ts';
import { liveByMail } from './mail-sign-in-life.ts';
import { liveWithPasskey } from './passkeys/passkey-life.ts';
import { liveWithIdentity } from './providers/identity-life.ts';
import { forgot, newPassword, reset, resetToken } from './reset-calls.ts';
import type { TestApp } from './test-app.ts';

export type AuditEvent = {
  id: string;
  event: string;
  outcome: string;
  actor: { kind: string; id: string } | null;
  subject: { kind: string; id: string } | null;
  ip: string | null;
  request_id: string | null;
  occurred_at: string;
  details: Record<string, unknown>;
};

export async function eventsOf(
  service: TestApp,
  admin: SignedIn,
  query = '',
): Promise<AuditEvent[]> {
  const answer = await service.api.get(`/api/admins/audit-events?page_size=100${query}`, {
    token: admin.accessToken,
  });
  assertStatus(answer, 200);
  return answer.body.items;
}

/** Of a user: an app, its recovery codes, and a reset by the admin. Sends every mail of them. */
export async function liveWithFactors(service: TestApp, { accessToken: token }: SignedIn) {
  const owner = await protectedAccount(service, userRealm);
  const challenge = await challengeFor(service, userRealm, owner);
  const [code = ''] = owner.recoveryCodes;
  assertStatus(await answerChallenge(service, userRealm, challenge, code), 200);
  const calls = factorCalls(service, userRealm, owner.accessToken);
  assertStatus(await calls.reauthenticate({ password: owner.password }), 204);
  assertStatus(await calls.newCodes(), 200);
  assertStatus(await calls.remove(owner.factorId), 204);
  const reset = `/api/admins/users/${owner.id}/reset-factors`;
  assertStatus(await service.api.post(reset, undefined, { token }), 204);
}

/** Triggers every event in the list at least once. */
export async function liveThrough(service: TestApp) {
  const { api, mailbox } = service;
  const admin = await signedInAdmin(service);
  const user = await signedInUser(service);
  await liveWithFactors(service, admin);
  const asAdmin = { token: admin.accessToken };
  const asUser = { token: user.accessToken };
  const path = `/api/admins/users/${user.id}`;
  assertStatus(
    await api.post('/api/users/login', { username: user.username, password: 'wrong' }),
    401,
  );
  assertStatus(
    await api.post('/api/users/login', { username: 'nobody.here', password: 'wrong' }),
    401,
  );
  assertStatus(
    await api.post('/api/users/verify-email', {
      token: await mailbox.token('email_verification', user.email),
    }),
    200,
  );
  assertStatus(await api.put('/api/users/me', { full_name: 'Ada' }, asUser), 200);
  const wrong = { current_password: 'wrong', new_password: 'meadow copper 77 drift' };
  assertStatus(await api.post('/api/users/change-password', wrong, asUser), 400);
  const change = { current_password: goodPassword, new_password: 'meadow copper 77 drift' };
  assertStatus(await api.post('/api/users/change-password', change, asUser), 200);
  assertStatus(await api.get('/api/admins/users', asUser), 403);
  const changed = { ...user, password: 'meadow copper 77 drift' };
  await moveTo(service, changed, 'claimed@example.com');
  const claim = newRegistration({ email: 'claimed@example.com' });
  assertStatus(await api.post('/api/users/register', claim), 201);
  await moveTo(service, changed, 'moved@example.com');
  assertStatus(
    await api.post('/api/users/undo', { token: await mailbox.token('email_changed', user.email) }),
    200,
  );
  assertStatus(await reset(api, 'no-such-token'), 400);
  assertStatus(await reset(api, await resetToken(service, user.email)), 200);
  await useUpSessions(service, user);
  await deleteAndExport(service, admin);
  await liveWithPasskey(service);
  await liveWithIdentity(service);
  if (service.config.emailSignIn) await liveByMail(service, admin);
  for (const body of [{ is_active: false }, { is_active: true }, { full_name: 'Countess' }]) {
    assertStatus(await api.patch(path, body, asAdmin), 200);
  }
  assertStatus(await api.post(`${path}/revoke-sessions`, undefined, asAdmin), 204);
  assertStatus(await api.post(`${path}/send-password-reset`, undefined, asAdmin), 204);
  const other = await signedInAdmin(service);
  for (const body of [{ is_active: false }, { is_active: true }, { is_superadmin: false }]) {
    assertStatus(await api.patch(`/api/admins/${other.id}`, body, asAdmin), 200);
  }
  assertStatus(await api.post('/api/password/test-email', { to_email: admin.email }, asAdmin), 202);
  await mailbox.deliver();
  await service.db
    .updateTable('mails')
    .set({ status: 'dead' })
    .where('kind', '=', 'test')
    .execute();
  const [mail] = await mailbox.mails('test');
  assertStatus(await api.post(`/api/admins/mails/${mail?.id}/requeue`, undefined, asAdmin), 204);
  await chainAuditEvents(service.deps);
  await service.db.deleteFrom('audit_marks').where('kind', '=', 'head').execute();
  for (let count = 0; count < 4; count += 1)
    assertStatus(await forgot(api, 'flood@example.com'), 200);
  await chainAuditEvents(service.deps);
  return { admin, user, other };
}

/**
 * Another user exports and deletes the account, has it back, and is deleted by an admin for ever.
 */
async function deleteAndExport(service: TestApp, admin: SignedIn): Promise<void> {
  const leaver = await signedInUser(service);
  const path = '/api/users/me/export';
  assertStatus(await service.api.get(path, { token: leaver.accessToken }), 200);
  assertStatus(await undo(service, await deletedByOwner(service, leaver)), 200);
  assertStatus(await adminOn(service, admin, leaver).delete(), 204);
  const { db, tidyUp } = service;
  await db
    .updateTable('users')
    .set({ erase_at: new Date(0) })
    .where('id', '=', leaver.id)
    .execute();
  await tidyUp();
}

/** Ends one session in each possible way. */
async function useUpSessions(service: TestApp, { username, email }: SignedIn): Promise<void> {
  const { api } = service;
  const account = { username, email, password: newPassword };
  const sessions: SignedIn[] = [];
  for (let count = 0; count < 4; count += 1)
    sessions.push(await signIn(service, userRealm, account));
  const [left, reused, ended, all] = sessions as [SignedIn, SignedIn, SignedIn, SignedIn];
  assertStatus(await api.post('/api/users/logout', { refresh_token: left.refreshToken }), 204);
  for (const status of [200, 401]) {
    assertStatus(
      await api.post('/api/users/refresh', { refresh_token: reused.refreshToken }),
      status,
    );
    await service.clock.advance(60);
  }
  const list = await api.get('/api/users/me/sessions', { token: ended.accessToken });
  const { id } = list.body.items.find(({ current }: { current: boolean }) => current);
  assertStatus(await api.delete(`/api/users/me/sessions/${id}`, { token: ended.accessToken }), 204);
  assertStatus(await api.post('/api/users/logout-all', undefined, { token: all.accessToken }), 204);
}
