import { randomBytes } from 'node:crypto';
import { insertAccount } from '../src/features/accounts/account-store.ts';
import { adminRealm, type Realm, userRealm } from '../src/features/accounts/realms.ts';
import { assertStatus } from './api.ts';
import type { TestApp } from './test-app.ts';

export const goodPassword = 'violet harbour anvil 93';

export type SignedIn = {
  id: string;
  username: string;
  email: string;
  password: string;
  accessToken: string;
  refreshToken: string;
};

export type Wanted = { username?: string; email?: string; password?: string; fullName?: string | null };

/** A body that registers: every value its own. */
export function newRegistration(wanted: Wanted = {}) {
  const unique = randomBytes(5).toString('hex');
  return {
    username: wanted.username ?? `u${unique}`,
    email: wanted.email ?? `mail.${unique}@example.com`,
    password: wanted.password ?? goodPassword,
    ...(wanted.fullName === undefined ? {} : { full_name: wanted.fullName }),
  };
}

/** A user who registered and signed in. */
export async function signedInUser(test: TestApp, wanted: Wanted = {}): Promise<SignedIn> {
  const registration = newRegistration(wanted);
  assertStatus(await test.api.post('/api/users/register', registration), 201);
  return signIn(test, userRealm, registration);
}

/** An admin who is signed in; a superadmin unless told otherwise. */
export async function signedInAdmin(
  test: TestApp,
  wanted: Wanted & { superadmin?: boolean } = {},
): Promise<SignedIn> {
  const { password, ...names } = newRegistration(wanted);
  const stored = await test.hasher.hash(password, '127.0.0.1');
  const admin = { ...names, full_name: null, password: stored, is_superadmin: wanted.superadmin ?? true };
  await test.db.transaction().execute((trx) => insertAccount(trx, adminRealm, admin));
  return signIn(test, adminRealm, { ...names, password });
}

/** One more session of somebody who exists. */
export async function signIn(
  test: Pick<TestApp, 'api'>,
  realm: Realm,
  account: { username: string; email: string; password: string },
): Promise<SignedIn> {
  const { username, email, password } = account;
  const login = await test.api.post(`${realm.path}/login`, { username, password });
  assertStatus(login, 200);
  const accessToken: string = login.body.access_token;
  const me = await test.api.get(`${realm.path}/me`, { token: accessToken });
  assertStatus(me, 200);
  return { id: me.body.id, username, email, password, accessToken, refreshToken: login.body.refresh_token };
}
