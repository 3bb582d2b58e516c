import assert from 'node:assert/strict';
import type { Realm } from '../src/domain/realms/realms.ts';
import type { Answer } from './answer.ts';
import { type Api, assertStatus } from './api.ts';
import { type SignedIn, signedInAdmin, signedInUser, type Wanted } from './factories.ts';
import type { TestApp } from './test-app.ts';

/** A signed-in account of that realm; an admin is a superadmin. */
export function signedInTo(test: TestApp, realm: Realm, wanted: Wanted = {}): Promise<SignedIn> {
  return realm.kind === 'user' ? signedInUser(test, wanted) : signedInAdmin(test, wanted);
}

export function refresh(
  api: Api,
  realm: Realm,
  refreshToken: string,
  idempotencyKey?: string,
): Promise<Answer> {
  const headers: Record<string, string> =
    idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
  return api.post(`${realm.path}/refresh`, { refresh_token: refreshToken }, { headers });
}

/** The tokens of a refresh that must succeed. */
export async function refreshed(
  api: Api,
  realm: Realm,
  refreshToken: string,
  idempotencyKey?: string,
): Promise<{ accessToken: string; refreshToken: string }> {
  const answer = await refresh(api, realm, refreshToken, idempotencyKey);
  assertStatus(answer, 200);
  return { accessToken: answer.body.access_token, refreshToken: answer.body.refresh_token };
}

const refusals = {
  invalid_refresh_token: 'The refresh token is not valid',
  refresh_token_rotated: 'The refresh token was already used',
  refresh_token_reused: 'The refresh token was reused; the session has been ended',
};
export type RefreshRefusal = keyof typeof refusals;

export function assertRefused(answer: Answer, reason: RefreshRefusal): void {
  assertStatus(answer, 401);
  assert.equal(answer.body.details.reason, reason);
  assert.equal(answer.body.message, refusals[reason]);
}

/** The status that an access token gets now: 200 or 401. */
export async function statusOfMe(api: Api, realm: Realm, accessToken: string): Promise<number> {
  return (await api.get(`${realm.path}/me`, { token: accessToken })).status;
}
