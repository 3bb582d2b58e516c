import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { insertAccount } from '../src/domain/accounts/account-store.ts';
import { adminRealm, type Realm, userRealm } from '../src/domain/realms/realms.ts';
import { insertSession } from '../src/domain/sessions/insert-session.ts';
import { firstRefreshToken, refreshTokenHash } from '../src/domain/sessions/refresh-token.ts';
import { sessionLifetimes } from '../src/domain/sessions/session-lifetimes.ts';
import { issueTokenPair } from '../src/domain/sessions/token-pair.ts';
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

export type Wanted = {
  username?: string;
  email?: string;
  password?: string;
  fullName?: string | null;
};

/** A registration body with unique values. */
export function newRegistration(wanted: Wanted = {}) {
  const unique = randomBytes(5).toString('hex');
  return {
    username: wanted.username ?? `u${unique}`,
    email: wanted.email ?? `mail.${unique}@example.com`,
    password: wanted.password ?? goodPassword,
    ...(wanted.fullName === undefined ? {} : { full_name: wanted.fullName }),
  };
}

/** Login credentials: a login with two different names is refused. */
export function credentialsOf({ username, password }: { username: string; password: string }) {
  return { username, password };
}

/** A signed-in user, inserted through the stores: no mail, no event, no request. */
export function signedInUser(test: TestApp, wanted: Wanted = {}): Promise<SignedIn> {
  return seedSignedIn(test, userRealm, wanted, {});
}

/** The same for an admin; a superadmin by default. */
export function signedInAdmin(
  test: TestApp,
  { superadmin = true, ...wanted }: Wanted & { superadmin?: boolean } = {},
): Promise<SignedIn> {
  return seedSignedIn(test, adminRealm, wanted, { is_superadmin: superadmin });
}

/** A user who registered and signed in by requests, with the mails and events of both. */
export async function registeredUser(test: TestApp, wanted: Wanted = {}): Promise<SignedIn> {
  const registration = newRegistration(wanted);
  assertStatus(await test.api.post('/api/users/register', registration), 201);
  return signIn(test, userRealm, registration);
}

/** An admin who signed in by a request, with its event; a superadmin by default. */
export async function adminByRequest(
  test: TestApp,
  { superadmin = true, ...wanted }: Wanted & { superadmin?: boolean } = {},
): Promise<SignedIn> {
  const seeded = await seedSignedIn(test, adminRealm, wanted, { is_superadmin: superadmin });
  await test.db.deleteFrom('sessions').where('subject_id', '=', seeded.id).execute();
  return signIn(test, adminRealm, seeded);
}

async function seedSignedIn(
  { deps }: TestApp,
  realm: Realm,
  wanted: Wanted,
  rights: { is_superadmin?: boolean },
): Promise<SignedIn> {
  const { password, full_name: fullName = null, ...names } = newRegistration(wanted);
  const stored = await deps.hasher.hash(password, '127.0.0.1');
  const account = { ...names, full_name: fullName, password: stored, ...rights };
  const refreshToken = firstRefreshToken(randomUUIDv7());
  const keys = deps.keys.current;
  const { id, proof } = await deps.db.transaction().execute(async (trx) => {
    const { id } = await insertAccount(trx, realm, account);
    const session = {
      id: refreshToken.sessionId,
      subjectId: id,
      keyId: keys.kid,
      tokenHash: refreshTokenHash(refreshToken),
      ip: '127.0.0.1',
      userAgent: 'lightMyRequest',
      deviceHash: randomBytes(32),
      methods: ['pwd'] as const,
    };
    const lifetimes = sessionLifetimes(deps.config, realm);
    return { id, proof: await insertSession(trx, realm, session, lifetimes) };
  });
  const pair = await issueTokenPair(deps, { realm, subjectId: id, proof, refreshToken, keys });
  return {
    id,
    ...names,
    password,
    accessToken: pair.access_token,
    refreshToken: pair.refresh_token,
  };
}

/** Another session of an existing account. */
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
  return {
    id: me.body.id,
    username,
    email,
    password,
    accessToken,
    refreshToken: login.body.refresh_token,
  };
}

/** More live sessions of somebody who exists, whose tokens nobody needs; gives their ids. */
export async function seedSessions(
  { db, deps }: TestApp,
  realm: Realm,
  subjectId: string,
  count: number,
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUIDv7());
  await db.transaction().execute(async (trx) => {
    for (const id of ids) {
      const session = {
        id,
        subjectId,
        keyId: deps.keys.current.kid,
        tokenHash: randomBytes(32),
        ip: '127.0.0.1',
        userAgent: null,
        deviceHash: randomBytes(32),
        methods: ['pwd'] as const,
      };
      await insertSession(trx, realm, session, sessionLifetimes(deps.config, realm));
    }
  });
  return ids;
}
