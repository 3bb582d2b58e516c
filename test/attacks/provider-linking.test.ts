import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { deleteMe } from '../deletion-calls.ts';
import { moveTo, undo, undoToken, verifiedUser } from '../email-calls.ts';
import { protectedAccount } from '../factor-calls.ts';
import { type SignedIn, signedInUser, signIn } from '../factories.ts';
import { createAuthenticator } from '../passkeys/authenticator.ts';
import { creationOptions } from '../passkeys/passkey-calls.ts';
import { ownProvider, somebody } from '../providers/own-provider.ts';
import {
  Browser,
  codeVerifier,
  failedRequest,
  failures,
  link,
  signedInWith,
  signInAt,
  withProvider,
} from '../providers/provider-calls.ts';
import { reset, resetToken } from '../reset-calls.ts';
import { statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const idp = await ownProvider();
const settings = withProvider(idp);
const untrusted = withProvider(idp, { OIDC_TEST_TRUST_EMAIL: 'false' });

type Outcome =
  | 'that account'
  | 'a new one, verified'
  | 'a new one, unverified'
  | 'linked'
  | 'taken over'
  | 'refused';

const whoHasIt = ['known', 'nobody', 'an unverified user', 'a verified user'] as const;

/** What comes of it where the provider calls the address verified and is trusted; and otherwise. */
const proven: Record<(typeof whoHasIt)[number], Outcome> = {
  known: 'that account',
  nobody: 'a new one, verified',
  'an unverified user': 'taken over',
  'a verified user': 'linked',
};
const unproven: typeof proven = {
  known: 'that account',
  nobody: 'a new one, unverified',
  'an unverified user': 'refused',
  'a verified user': 'refused',
};

async function holderOf(
  service: TestApp,
  who: (typeof whoHasIt)[number],
): Promise<SignedIn | null> {
  if (who === 'nobody') return null;
  const holder = await signedInUser(service);
  if (who === 'known') await link(service, new Browser(), holder.accessToken);
  else idp.person = { ...somebody({ email: holder.email }), ...verifiedThere() };
  const isVerified = who === 'a verified user';
  await service.db.updateTable('users').set({ is_email_verified: isVerified }).execute();
  return holder;
}

function verifiedThere() {
  return { email_verified: idp.person?.email_verified ?? true };
}

async function outcomeOf(service: TestApp, holder: SignedIn | null): Promise<Outcome> {
  const answer = await signInAt(service, new Browser());
  if (/sign-in-failed/.test(String(answer.headers.location))) {
    failedRequest(answer);
    assert.deepEqual(await failures(service), ['account_exists']);
    return 'refused';
  }
  const users = await service.db.selectFrom('users').selectAll().execute();
  const [session] = await service.db
    .selectFrom('sessions')
    .selectAll()
    .where('methods', '=', 'fed')
    .execute();
  const user = users.find(({ id }) => id === session?.subject_id);
  assert.ok(user);
  if (user.id !== holder?.id)
    return user.is_email_verified ? 'a new one, verified' : 'a new one, unverified';
  if (user.password_hash === null) return 'taken over';
  const linked = await service.mailbox.mails('identity_linked');
  const [identity] = await service.db.selectFrom('identities').selectAll().execute();
  return linked.length === 1 && identity?.subject === idp.person?.sub && user.is_email_verified
    ? 'linked'
    : 'that account';
}

for (const isVerified of [true, false])
  for (const isTrusted of [true, false])
    for (const who of whoHasIt) {
      const expected = (isVerified && isTrusted ? proven : unproven)[who];
      const there = `${isVerified ? 'verified' : 'unverified'}, ${isTrusted ? 'trusted' : 'untrusted'}`;
      test(`Q04 ${there}, ${who}: ${expected}`, async (t) => {
        const service = await createTestApp(t, isTrusted ? settings : untrusted);
        idp.person = somebody({ email_verified: isVerified });
        const holder = await holderOf(service, who);
        assert.equal(await outcomeOf(service, holder), expected);
      });
    }

test('Q04 "true" as text is true, and every other text is not', async (t) => {
  const service = await createTestApp(t, settings);
  for (const [email_verified, expected] of [
    ['true', true],
    ['false', false],
    ['yes', false],
  ] as const) {
    idp.person = somebody({ email_verified });
    const token = await signedInWith(service);
    const { body } = await service.api.get('/api/users/me', { token });
    assert.equal(body.is_email_verified, expected, email_verified);
  }
});

test('Q04 the exchange says that the account exists, so that the application can', async (t) => {
  const service = await createTestApp(t, untrusted);
  const user = await verifiedUser(service);
  idp.person = somebody({ email: user.email.toUpperCase() });
  const { verifier, challenge } = codeVerifier();
  const query = { mode: 'code', code_challenge: challenge };
  const { headers } = await signInAt(service, new Browser(), query);
  const code = new URL(String(headers.location)).searchParams.get('code');
  const answer = await service.api.post('/api/users/login/exchange', {
    code,
    code_verifier: verifier,
  });
  assertStatus(answer, 409);
  assert.deepEqual(answer.body.details, { reason: 'account_exists', resource: 'user' });
});

/** What somebody sets up who registers with the address of another, and waits. */
async function trap(service: TestApp) {
  const thief = await protectedAccount(service, userRealm);
  const { accessToken: token, email } = thief;
  idp.person = somebody({ email: 'thief@example.org' });
  await link(service, new Browser(), token);
  const passkey = createAuthenticator().create(await creationOptions(service, userRealm, token));
  assertStatus(
    await service.api.post('/api/users/me/passkeys', { response: passkey }, { token }),
    201,
  );
  const thiefThere = idp.person;
  idp.person = somebody({ email });
  return { thief, thiefThere };
}

test('a pre-registered account is taken over by whoever verifies its address (pre-hijacking)', async (t) => {
  const service = await createTestApp(t, settings);
  const { thief, thiefThere } = await trap(service);
  const owner = await signedInWith(service);
  const { body: me } = await service.api.get('/api/users/me', { token: owner });
  assert.equal(me.id, thief.id);
  assert.equal(me.is_email_verified, true);

  assert.equal(await statusOfMe(service.api, userRealm, thief.accessToken), 401);
  const refresh = { refresh_token: thief.refreshToken };
  assertStatus(await service.api.post('/api/users/refresh', refresh), 401);
  const { username, password } = thief;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
  const { body: factors } = await service.api.get('/api/users/me/factors', { token: owner });
  assert.deepEqual(factors, { items: [], recovery_codes_left: 0 });
  const { body: linked } = await service.api.get('/api/users/me/identities', { token: owner });
  assert.deepEqual(
    linked.items.map(({ email }: { email: string }) => email),
    [thief.email],
  );
  idp.person = thiefThere;
  const back = await signedInWith(service);
  assert.notEqual((await service.api.get('/api/users/me', { token: back })).body.id, thief.id);
});

test('a reset link of an address that was never verified voids identities of before', async (t) => {
  const service = await createTestApp(t, settings);
  idp.person = somebody({ email_verified: false });
  const thief = await signedInWith(service);
  const { body: made } = await service.api.get('/api/users/me', { token: thief });
  const token = await resetToken(service, made.email);
  assertStatus(await reset(service.api, token), 200);
  failedRequest(await signInAt(service, new Browser()));
  assert.deepEqual(await failures(service), ['account_exists']);
});

test('a reset link of a verified address leaves its identities', async (t) => {
  const service = await createTestApp(t, settings);
  const owner = await signedInWith(service);
  const { body: made } = await service.api.get('/api/users/me', { token: owner });
  assertStatus(await reset(service.api, await resetToken(service, made.email)), 200);
  const again = await signedInWith(service);
  assert.equal((await service.api.get('/api/users/me', { token: again })).body.id, made.id);
});

test('an unverified identity is never linked by its address (unsafe linking)', async (t) => {
  const service = await createTestApp(t, settings);
  const user = await verifiedUser(service);
  for (const wanted of [{ email_verified: false }, { email_verified: 'no' }]) {
    idp.person = somebody({ email: user.email, ...wanted });
    failedRequest(await signInAt(service, new Browser()));
  }
  assert.deepEqual(await service.db.selectFrom('identities').select('id').execute(), []);
});

test('CVE-2026-31813: two issuers with the same subject are two people', async (t) => {
  const service = await createTestApp(t, settings);
  const token = await signedInWith(service);
  const { body: me } = await service.api.get('/api/users/me', { token });
  await service.db.updateTable('identities').set({ issuer: 'https://other.example' }).execute();
  idp.person = {
    sub: idp.person?.sub ?? '',
    email: 'someone.else@example.net',
    email_verified: true,
  };
  const other = await signedInWith(service);
  assert.notEqual((await service.api.get('/api/users/me', { token: other })).body.id, me.id);
});

test('a claimed address goes back to its holder before, and the claimer gets a new account', async (t) => {
  const service = await createTestApp(t, settings);
  const holder = await verifiedUser(service);
  await moveTo(service, holder, 'claimed@example.net');
  idp.person = somebody({ email: 'claimed@example.net' });
  const token = await signedInWith(service);
  const { body: me } = await service.api.get('/api/users/me', { token });
  assert.notEqual(me.id, holder.id);
  const { body: before } = await service.api.get('/api/users/me', { token: holder.accessToken });
  assert.deepEqual([before.email, before.is_email_verified], [holder.email, true]);
});

test('undoing a change of the address unlinks what the thief has linked', async (t) => {
  const service = await createTestApp(t, settings);
  const owner = await verifiedUser(service);
  idp.person = somebody({ email: 'thief@example.org' });
  await link(service, new Browser(), owner.accessToken);
  await moveTo(service, owner, 'thief@example.org');
  const undone = await undo(service, await undoToken(service, owner.email));
  assertStatus(undone, 200);
  assert.deepEqual(await service.db.selectFrom('identities').select('id').execute(), []);
});

test('an address of an open undo link is not given to a newcomer', async (t) => {
  const service = await createTestApp(t, settings);
  const holder = await verifiedUser(service);
  await moveTo(service, holder, 'moved@example.net');
  idp.person = somebody({ email: holder.email });
  failedRequest(await signInAt(service, new Browser()));
  assert.deepEqual(await failures(service), ['account_exists']);
});

test('a deactivated user is neither linked nor signed in', async (t) => {
  const service = await createTestApp(t, settings);
  const user = await verifiedUser(service);
  idp.person = somebody({ email: user.email });
  await service.db.updateTable('users').set({ is_active: false }).execute();
  failedRequest(await signInAt(service, new Browser()));
  assert.deepEqual(await service.db.selectFrom('identities').select('id').execute(), []);
  await service.db.updateTable('users').set({ is_active: true }).execute();
  await signedInWith(service);
  await service.db.updateTable('users').set({ is_active: false }).execute();
  failedRequest(await signInAt(service, new Browser()));
  assert.deepEqual(await failures(service), ['not_active', 'not_active']);
});

test('a deleted account is neither opened nor taken, and keeps its address', async (t) => {
  const service = await createTestApp(t, settings);
  const user = await verifiedUser(service);
  idp.person = somebody({ email: user.email });
  await signedInWith(service);
  assertStatus(await deleteMe(service, user), 204);
  failedRequest(await signInAt(service, new Browser()));
  idp.person = somebody({ email: user.email });
  failedRequest(await signInAt(service, new Browser()));
  assert.deepEqual(await failures(service), ['not_active', 'account_exists']);
});

test('ten answers for the same newcomer at once make one account', async (t) => {
  const service = await createTestApp(t, settings);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => signInAt(service, new Browser())),
  );
  for (const { headers } of answers) assert.equal(headers.location, 'http://localhost:8000/app');
  assert.equal((await service.db.selectFrom('users').select('id').execute()).length, 1);
  assert.equal((await service.db.selectFrom('identities').select('id').execute()).length, 1);
});

test('no request can name whose identity it is, or that it is verified', async (t) => {
  const service = await createTestApp(t, settings);
  const victim = await verifiedUser(service);
  const { accessToken: token } = await signedInUser(service);
  const browser = new Browser();
  const begun = await service.api.post(
    '/api/users/me/identities/test/start',
    { user_id: victim.id, userId: victim.id, email_verified: true },
    { token },
  );
  assertStatus(begun, 200);
  browser.take(begun.headers['set-cookie']);
  const attempt = await service.db
    .selectFrom('provider_attempts')
    .selectAll()
    .executeTakeFirstOrThrow();
  assert.notEqual(attempt.user_id, victim.id);
  await signIn(service, userRealm, victim);
});
