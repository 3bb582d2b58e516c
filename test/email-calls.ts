import assert from 'node:assert/strict';
import type { Answer } from './answer.ts';
import { assertStatus } from './api.ts';
import { type SignedIn, registeredUser as signedInUser, type Wanted } from './factories.ts';
import { forgot } from './reset-calls.ts';
import type { TestApp } from './test-app.ts';

/** A signed-in user with a verified address. */
export async function verifiedUser(service: TestApp, wanted: Wanted = {}): Promise<SignedIn> {
  const user = await signedInUser(service, wanted);
  await verify(service, user.email);
  return user;
}

/** Follows the newest verification link in the mailbox. */
export async function verify(service: TestApp, email: string): Promise<void> {
  const token = await service.mailbox.token('email_verification', email);
  assertStatus(await service.api.post('/api/users/verify-email', { token }), 200);
}

type Mover = Pick<SignedIn, 'accessToken' | 'password'>;

export function move({ api }: TestApp, user: Mover, email: string): Promise<Answer> {
  const body = { email, current_password: user.password };
  return api.put('/api/users/me', body, { token: user.accessToken });
}

export async function moveTo(service: TestApp, user: Mover, email: string): Promise<void> {
  assertStatus(await move(service, user, email), 200);
}

export function undo({ api }: TestApp, token: string): Promise<Answer> {
  return api.post('/api/users/undo', { token });
}

/** The token of the newest undo link to an address that is still valid. */
export function undoToken({ mailbox }: TestApp, email: string): Promise<string> {
  return mailbox.token('email_changed', email);
}

export async function assertAddress(
  { db }: TestApp,
  { id }: Pick<SignedIn, 'id'>,
  email: string,
  state: 'verified' | 'unverified',
): Promise<void> {
  const query = db.selectFrom('users').select(['email', 'is_email_verified']).where('id', '=', id);
  const expected = { email, is_email_verified: state === 'verified' };
  assert.deepEqual(await query.executeTakeFirst(), expected);
}

/** The mailboxes that get a reset link for this address, whatever was requested before. */
export async function linkGoesTo(service: TestApp, typed: string): Promise<string[]> {
  await service.db.deleteFrom('throttles').execute();
  const before = (await service.mailbox.mails('password_reset')).length;
  assertStatus(await forgot(service.api, typed), 200);
  const mails = await service.mailbox.mails('password_reset');
  return mails.slice(before).map(({ recipient }) => recipient);
}
