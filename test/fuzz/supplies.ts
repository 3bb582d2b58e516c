import assert from 'node:assert/strict';
import { Secret, TOTP } from 'otpauth';
import type { MailKind } from '../../src/domain/outbox/mail-row.ts';
import { adminRealm, type Realm, userRealm } from '../../src/domain/realms/realms.ts';
import { type Api, assertStatus } from '../api.ts';
import type { DescribedOperation } from '../attacks/described-fields.ts';
import { newRegistration, type SignedIn, signIn } from '../factories.ts';
import { createAuthenticator } from '../passkeys/authenticator.ts';
import { creationOptions, requestOptions } from '../passkeys/passkey-calls.ts';
import { somebody } from '../providers/own-provider.ts';
import { Browser, codeVerifier, link, signInAt } from '../providers/provider-calls.ts';
import type { TestProvider } from '../providers/test-provider.ts';

/** The service under test, and what a client learns from outside of it. */
export type FuzzTarget = {
  api: Api;
  /** Of its pages: what an authenticator signs. */
  origin: string;
  /** A superadmin that sends no fuzzed requests, with a token that is good for minutes. */
  root: () => Promise<SignedIn>;
  /** Of a service that may introspect. */
  serviceToken: string;
  /** The token of the newest mail of a kind to this address. */
  linkToken(kind: MailKind, address: string): Promise<string>;
  /** Who signs in with `test`. */
  provider: TestProvider;
  /** A mail that failed permanently. */
  deadMail(): Promise<string>;
};

/** Values that no schema can provide: existing accounts and their credentials, and existing ids. */
export type Supply = {
  token?: string;
  path?: Record<string, string>;
  body?: Record<string, unknown>;
};

export type Supplies = {
  /** An account of the realm that is reused until a request ends its session. */
  actor(realm: Realm): Promise<SignedIn>;
  replaceActor(realm: Realm): void;
  /** Created for each call, so that earlier requests do not matter. */
  supply(described: DescribedOperation): Promise<Supply>;
};

export function createSupplies(target: FuzzTarget): Supplies {
  const actors = new Map<Realm, SignedIn>();
  const actor: Supplies['actor'] = async (realm) => {
    const known = actors.get(realm) ?? (await newcomer(target, realm));
    actors.set(realm, known);
    return known;
  };
  return {
    actor,
    replaceActor: (realm) => void actors.delete(realm),
    supply: async (described) => supplyFor(target, described),
  };
}

export function realmOf(path: string): Realm {
  return path.startsWith('/api/users/') ? userRealm : adminRealm;
}

async function newcomer({ api, root }: FuzzTarget, realm: Realm): Promise<SignedIn> {
  const registration = newRegistration();
  const body = realm.kind === 'user' ? registration : { ...registration, is_superadmin: true };
  const { accessToken: token } = await root();
  assertStatus(await api.post(`${realm.path}/register`, body, { token }), 201);
  return signIn({ api }, realm, registration);
}

async function supplyFor(
  target: FuzzTarget,
  { path, operation }: DescribedOperation,
): Promise<Supply> {
  const schema = operation.requestBody?.content['application/json'].schema;
  // Of a body that may be left out, the first of two.
  const fields = schema?.properties ?? schema?.anyOf?.[0]?.properties ?? {};
  const isGuarded = operation.security.some((one) => Object.keys(one).length > 0);
  const realm = realmOf(path);
  if (path.endsWith('/register')) return {};
  // The names that the seed makes were registered with `/register`.
  if (path === '/api/admins/users') return { body: namesOf(newRegistration()) };
  if (/providers|identities|exchange/.test(path)) return supplyProvider(target, path);
  if (/passkey/.test(path)) return supplyPasskey(target, path, await newcomer(target, realm));
  if (/invitation|\/invite$/.test(path)) return supplyInvitation(target, path);
  if (path.endsWith('/login/email'))
    return { body: { email: (await newcomer(target, userRealm)).email, return_to: null } };
  if (path === '/api/tokens/introspect') {
    const { accessToken } = await newcomer(target, userRealm);
    return { body: { token: accessToken } };
  }
  if (path.endsWith('/login/second-factor')) return supplySecondStep(target, realm);
  if (path.endsWith('/me/factors/recovery-codes'))
    return { token: (await newcomerWithApp(target, realm)).accessToken };
  if (path.includes('{id}')) return supplyId(target, path, realm);
  if ('token' in fields) return { body: { token: await tokenFor(target, path) } };
  if (!isGuarded && Object.keys(fields).length === 0) return {};

  const somebody = await newcomer(target, realm);
  const { username, password, accessToken: token } = somebody;
  if ('refresh_token' in fields) return { body: { refresh_token: somebody.refreshToken } };
  if ('to_email' in fields) return { token, body: { to_email: somebody.email } };
  if ('current_password' in fields) return { token, body: { current_password: password } };
  if ('password' in fields)
    return isGuarded ? { token, body: { password } } : { body: { username, password } };
  return { token };
}

/** Providers, identities, and codes of a sign-in that was begun. */
async function supplyProvider(target: FuzzTarget, path: string): Promise<Supply> {
  target.provider.person = somebody();
  if (path.includes('/login/providers')) return { path: { id: 'test' } };
  if (path.endsWith('/exchange')) {
    const { verifier, challenge } = codeVerifier();
    const query = { mode: 'code', code_challenge: challenge };
    const { headers } = await signInAt(target, new Browser(), query);
    const code = new URL(String(headers.location)).searchParams.get('code');
    return { body: { code, code_verifier: verifier } };
  }
  const { accessToken: token } = await newcomer(target, userRealm);
  if (path.includes('{provider}')) return { token, path: { provider: 'test' } };
  await link(target, new Browser(), token);
  const { body } = await target.api.get('/api/users/me/identities', { token });
  return { token, path: { id: body.items[0].id } };
}

/** Ids, and answers of an authenticator. */
async function supplyPasskey(
  { api, origin }: FuzzTarget,
  path: string,
  somebody: SignedIn,
): Promise<Supply> {
  const realm = realmOf(path);
  const { accessToken: token } = somebody;
  if (path.endsWith('/options')) return path.includes('/me/') ? { token } : {};
  const creation = await creationOptions({ api }, realm, token);
  const authenticator = createAuthenticator({ origin });
  const made = { response: authenticator.create(creation) };
  if (path.endsWith('/me/passkeys')) return { token, body: made };
  const { body } = await api.post(`${realm.path}/me/passkeys`, made, { token });
  if (path.endsWith('{id}')) return { token, path: { id: body.id } };
  const { challenge, options } = await requestOptions({ api }, realm);
  return { body: { challenge, response: authenticator.get(options) } };
}

/** A user who is invited, or the token of the mail. */
async function supplyInvitation(target: FuzzTarget, path: string) {
  const { api, root } = target;
  const { email, username } = newRegistration();
  // Of an admin who has not made as many users as one may in an hour.
  if (path.endsWith('/invite'))
    return { token: (await newcomer(target, adminRealm)).accessToken, body: { email } };
  const { accessToken: token } = await root();
  const invited = await api.post('/api/admins/users/invite', { email }, { token });
  assertStatus(invited, 201);
  if (path.includes('{id}')) return { path: { id: invited.body.id as string } };
  return { body: { token: await target.linkToken('invitation', email), username } };
}

function namesOf({ username, email }: ReturnType<typeof newRegistration>) {
  return { username, email };
}

async function supplyId(target: FuzzTarget, path: string, realm: Realm): Promise<Supply> {
  if (path.includes('/mails/')) return { path: { id: await target.deadMail() } };
  if (path.includes('/users/{id}')) return { path: { id: (await newcomer(target, userRealm)).id } };
  if (path.startsWith('/api/admins/{id}'))
    return { path: { id: (await newcomer(target, adminRealm)).id } };
  if (path.includes('/me/factors/')) return supplyFactor(target, realm, path);
  assert.match(
    path,
    /\/me\/sessions\/\{id\}$/,
    `${path}: add the kind of its id to ${import.meta.filename}`,
  );
  const { accessToken: token } = await newcomer(target, realm);
  const sessions = await target.api.get(`${realm.path}/me/sessions`, { token });
  return { token, path: { id: sessions.body.items[0].id } };
}

/** An app that is begun: to confirm, or to remove. */
async function supplyFactor(target: FuzzTarget, realm: Realm, path: string): Promise<Supply> {
  const { accessToken: token } = await newcomer(target, realm);
  const { id, secret } = await beginApp(target, realm, token);
  const code = path.endsWith('/confirm') ? { body: { code: codeNow(secret) } } : {};
  return { token, path: { id }, ...code };
}

async function beginApp({ api }: FuzzTarget, realm: Realm, token: string) {
  const started = await api.post(`${realm.path}/me/factors/totp`, {}, { token });
  assertStatus(started, 201);
  return started.body as { id: string; secret: string };
}

function codeNow(secret: string): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate();
}

async function newcomerWithApp(target: FuzzTarget, realm: Realm) {
  const somebody = await newcomer(target, realm);
  const { accessToken: token } = somebody;
  const { id, secret } = await beginApp(target, realm, token);
  const path = `${realm.path}/me/factors/totp/${id}/confirm`;
  const confirmed = await target.api.post(path, { code: codeNow(secret) }, { token });
  assertStatus(confirmed, 200);
  return { ...somebody, recoveryCodes: confirmed.body.recovery_codes as string[] };
}

/** The first step is done; the second takes a recovery code. */
async function supplySecondStep(target: FuzzTarget, realm: Realm): Promise<Supply> {
  const { username, password, recoveryCodes } = await newcomerWithApp(target, realm);
  const asked = await target.api.post(`${realm.path}/login`, { username, password });
  assertStatus(asked, 401);
  const { challenge } = asked.body.details;
  return { body: { challenge, code: recoveryCodes[0] } };
}

async function tokenFor(target: FuzzTarget, path: string): Promise<string> {
  const { api } = target;
  const { email, password, accessToken: token } = await newcomer(target, userRealm);
  if (path.endsWith('/verify-email')) return target.linkToken('email_verification', email);
  if (path.endsWith('/login/email/confirm')) {
    assertStatus(await api.post('/api/users/login/email', { email }), 200);
    return target.linkToken('email_sign_in', email);
  }
  if (/\/(check-reset-token|reset-password)$/.test(path)) {
    assertStatus(await api.post('/api/password/forgot-password', { email }), 200);
    return target.linkToken('password_reset', email);
  }
  assert.ok(
    path.endsWith('/undo'),
    `${path}: add the source of its token to ${import.meta.filename}`,
  );
  // Only a verified address gets a link.
  const verification = { token: await target.linkToken('email_verification', email) };
  assertStatus(await api.post('/api/users/verify-email', verification), 200);
  const change = { email: newRegistration().email, current_password: password };
  assertStatus(await api.put('/api/users/me', change, { token }), 200);
  return target.linkToken('email_changed', email);
}
