import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { createAuthenticator, type Deviation } from '../passkeys/authenticator.ts';
import {
  creationOptions,
  requestOptions,
  signInWith,
  withPasskey,
} from '../passkeys/passkey-calls.ts';
import { signedInTo } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const refusal = {
  error: 'AuthenticationError',
  message: 'The passkey was not accepted',
  status_code: 401,
  details: { reason: 'passkey_not_accepted' },
};

/** One text for all, so that nothing can be learnt from it. */
function assertRefused(answer: Answer, what = ''): void {
  assert.equal(answer.status, 401, `${what} ${answer.text}`);
  const { request_id, timestamp, path, ...said } = answer.body;
  assert.deepEqual(said, refusal, what);
}

async function countSessions({ db }: TestApp): Promise<number> {
  return (await db.selectFrom('sessions').select('id').execute()).length;
}

const handle = (text: string) => Buffer.from(text).toString('base64url');

const deviations: Record<string, Deviation> = {
  'another origin': { origin: 'https://evil.example' },
  'the same host over https': { origin: 'https://localhost:8000' },
  'another port': { origin: 'http://localhost:8001' },
  'the origin as a prefix': { origin: 'http://localhost:8000.evil.example' },
  'an empty origin': { origin: '' },
  'another relying party': { rpId: 'evil.example' },
  'a parent of the relying party': { rpId: '' },
  'another challenge': { challenge: Buffer.alloc(32).toString('base64url') },
  'an answer of a creation': { type: 'webauthn.create' },
  'a frame of another site': { crossOrigin: true },
  'a frame below another site': { topOrigin: 'https://evil.example' },
  'a person who was not there': { isPresent: false },
  'no user handle': { userHandle: null },
  'the handle of another account': { userHandle: handle(`user:${crypto.randomUUID()}`) },
  'an unknown credential': { id: Buffer.alloc(32, 7) },
  'a signature with a flipped bit': {
    tamper: (all) => Buffer.from(all.map((b, at) => (at === 20 ? b ^ 1 : b))),
  },
  'an empty signature': { tamper: () => Buffer.alloc(0) },
};

test('N10: an assertion that differs in one thing opens nothing, with one text', async (t) => {
  const service = await createTestApp(t);
  for (const realm of realms) {
    const { authenticator } = await withPasskey(service, realm);
    const before = await countSessions(service);
    for (const [what, deviation] of Object.entries(deviations))
      assertRefused(await signInWith(service, realm, authenticator, deviation), what);
    assert.equal(await countSessions(service), before);
    assertStatus(await signInWith(service, realm, authenticator), 200);
  }
});

test('N10: a response works once, with the challenge that it was asked with', async (t) => {
  const service = await createTestApp(t);
  const { authenticator } = await withPasskey(service, userRealm);
  const [one, other] = [
    await requestOptions(service, userRealm),
    await requestOptions(service, userRealm),
  ];
  const response = authenticator.get(one.options);
  const signIn = (challenge: string) =>
    service.api.post('/api/users/login/passkey', { challenge, response });
  assertRefused(await signIn(other.challenge), 'the token of another challenge');
  assertRefused(await signIn(one.options.challenge), 'what was signed instead of the token');
  assertStatus(await signIn(one.challenge), 200);
  assertRefused(await signIn(one.challenge), 'again');
  assertRefused(await signIn((await requestOptions(service, userRealm)).challenge), 'replayed');
});

test('N10: of ten sign-ins at once with one challenge, one gets a session', async (t) => {
  const service = await createTestApp(t);
  const { authenticator } = await withPasskey(service, userRealm, { counter: null });
  const before = await countSessions(service);
  const { challenge, options } = await requestOptions(service, userRealm);
  const response = authenticator.get(options);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      service.api.post('/api/users/login/passkey', { challenge, response }),
    ),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.equal(await countSessions(service), before + 1);
});

test('N10: a challenge of another ceremony, realm or time opens nothing', async (t) => {
  const service = await createTestApp(t);
  const { person, authenticator } = await withPasskey(service, userRealm);
  const sign = (realm: Realm, challenge: string, signed: string) => {
    const response = authenticator.get({ challenge: signed, rpId: 'localhost' });
    return service.api.post(`${realm.path}/login/passkey`, { challenge, response });
  };
  const { user } = await freshCreation(service);
  assertRefused(await sign(userRealm, user, user), 'of a creation');
  const ofAdmins = await requestOptions(service, adminRealm);
  const { challenge: signed } = ofAdmins.options;
  assertRefused(await sign(userRealm, ofAdmins.challenge, signed), 'of the other realm');
  const old = await requestOptions(service, userRealm);
  await service.clock.advance(301);
  assertRefused(await sign(userRealm, old.challenge, old.options.challenge), 'five minutes old');
  for (const text of ['x', 'a'.repeat(100), "' OR 1=1 --"])
    assertRefused(await sign(userRealm, text, text), 'made up');
  assert.ok(person.id);
});

/** The challenge of a creation that somebody else began. */
async function freshCreation(service: TestApp): Promise<{ user: string }> {
  const other = await signedInTo(service, userRealm);
  const { challenge } = await creationOptions(service, userRealm, other.accessToken);
  return { user: challenge };
}

test('N10: the passkey of a user opens nothing of an admin, and the other way', async (t) => {
  const service = await createTestApp(t);
  const user = await withPasskey(service, userRealm);
  const admin = await withPasskey(service, adminRealm);
  assertRefused(await signInWith(service, adminRealm, user.authenticator));
  assertRefused(await signInWith(service, userRealm, admin.authenticator));
  // Also not with the credential id of the one and the key of the other.
  const { credentialId: id } = admin.authenticator;
  assertRefused(await signInWith(service, adminRealm, user.authenticator, { id }));
});

test('N10: an admin is signed in only by a passkey that verified its user', async (t) => {
  const service = await createTestApp(t);
  const { authenticator } = await withPasskey(service, adminRealm);
  assertRefused(await signInWith(service, adminRealm, authenticator, { isVerified: false }));
  assertStatus(await signInWith(service, adminRealm, authenticator), 200);
});

for (const [stored, presented] of [
  [9, 9],
  [9, 8],
  [9, 0],
] as const) {
  test(`N10: a counter that goes from ${stored} to ${presented} tells the owner`, async (t) => {
    const service = await createTestApp(t);
    const { person, authenticator } = await withPasskey(service, userRealm, { counter: 8 });
    assert.equal(stored, 9);
    const before = await countSessions(service);
    const deviation = { counter: presented };
    assertRefused(await signInWith(service, userRealm, authenticator, deviation));
    assert.equal(await countSessions(service), before);
    const mails = await service.mailbox.mails('passkey_copied');
    assert.deepEqual(
      mails.map(({ recipient }) => recipient),
      [person.email],
    );
    const events = await service.db
      .selectFrom('audit_events')
      .select(['subject_id', 'outcome', 'actor_id'])
      .where('event', '=', 'passkey_copied')
      .execute();
    assert.deepEqual(events, [{ subject_id: person.id, outcome: 'denied', actor_id: null }]);
    assertStatus(await signInWith(service, userRealm, authenticator), 200);
  });
}

test('N10: a stranger without the key cannot raise the alarm of a copied key', async (t) => {
  const service = await createTestApp(t);
  const { person, authenticator } = await withPasskey(service, userRealm, { counter: 8 });
  const { credentialId } = authenticator;
  const stranger = createAuthenticator({ credentialId });
  const userHandle = handle(`user:${person.id}`);
  assertRefused(await signInWith(service, userRealm, stranger, { counter: 1, userHandle }));
  assert.deepEqual(await service.mailbox.mails('passkey_copied'), []);
});

test('a passkey opens nothing of a deactivated or deleted account', async (t) => {
  const service = await createTestApp(t);
  for (const realm of realms) {
    const { person, authenticator } = await withPasskey(service, realm);
    await service.db
      .updateTable(realm.table)
      .set({ is_active: false })
      .where('id', '=', person.id)
      .execute();
    assertRefused(await signInWith(service, realm, authenticator));
  }
  const { person, authenticator } = await withPasskey(service, userRealm);
  const { password, accessToken: token } = person;
  await service.db.updateTable('sessions').set({ level: 2 }).execute();
  assertStatus(await service.api.request('DELETE', '/api/users/me', { password }, { token }), 204);
  assertRefused(await signInWith(service, userRealm, authenticator));
});

test('a passkey is no way round the address that has to be verified', async (t) => {
  const service = await createTestApp(t, { REQUIRE_VERIFIED_EMAIL: 'true' });
  const { person, authenticator } = await withPasskey(service, userRealm);
  const refused = await signInWith(service, userRealm, authenticator);
  assertStatus(refused, 403);
  assert.equal(refused.body.details.reason, 'email_not_verified');
  const token = await service.mailbox.token('email_verification', person.email);
  assertStatus(await service.api.post('/api/users/verify-email', { token }), 200);
  assertStatus(await signInWith(service, userRealm, authenticator), 200);
});

test('in cookie mode the refresh token is a cookie, for pages of this origin only', async (t) => {
  const service = await createTestApp(t);
  const { authenticator } = await withPasskey(service, userRealm);
  const signIn = async (site: string) => {
    const { challenge, options } = await requestOptions(service, userRealm);
    const response = authenticator.get(options);
    const headers = { 'x-session-mode': 'cookie', 'sec-fetch-site': site };
    return service.api.post('/api/users/login/passkey', { challenge, response }, { headers });
  };
  // A page that signs its visitor in to the account of its author (login CSRF).
  assertStatus(await signIn('cross-site'), 403);
  const signedIn = await signIn('same-origin');
  assertStatus(signedIn, 200);
  assert.equal(signedIn.body.refresh_token, undefined);
  assert.match(String(signedIn.headers['set-cookie']), /^adl_user=r1\..+HttpOnly.+SameSite=Strict/);
});

test('a hundred challenges of a network may be open, over both realms', async (t) => {
  const service = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '1000' });
  const ask = (realm: Realm, remoteAddress = '127.9.0.1') =>
    service.api.post(`${realm.path}/login/passkey/options`, undefined, { remoteAddress });
  const answers = await Promise.all(
    Array.from({ length: 110 }, (_, index) => ask(index % 2 === 0 ? userRealm : adminRealm)),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 100);
  const refused = answers.find(({ status }) => status === 429);
  assert.ok(Number(refused?.headers['retry-after']) > 290);
  assertStatus(await ask(userRealm, '127.9.0.2'), 200);
  const events = await service.db
    .selectFrom('audit_events')
    .select('details')
    .where('event', '=', 'limit_exceeded')
    .execute();
  assert.deepEqual(events, [{ details: { policy: 'passkey-challenges' } }]);
  await service.clock.advance(301);
  assertStatus(await ask(userRealm), 200);
});

test('a used challenge makes room for another', async (t) => {
  const service = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '1000' });
  const { authenticator } = await withPasskey(service, userRealm);
  for (let count = 0; count < 99; count += 1) await requestOptions(service, userRealm);
  for (let count = 0; count < 3; count += 1)
    assertStatus(await signInWith(service, userRealm, authenticator), 200);
});

test('nothing that was asked or signed is in the database or the log', async (t) => {
  const service = await createTestApp(t);
  const { authenticator } = await withPasskey(service, userRealm);
  const { challenge, options } = await requestOptions(service, userRealm);
  const rows = JSON.stringify(
    await service.db.selectFrom('passkey_challenges').selectAll().execute(),
  );
  for (const secret of [challenge, options.challenge]) {
    assert.ok(!rows.includes(secret));
    const bytes = [...Buffer.from(secret as string, 'base64url')].join(',');
    assert.ok(!rows.includes(bytes));
  }
  const response = authenticator.get(options);
  assertStatus(await service.api.post('/api/users/login/passkey', { challenge, response }), 200);
  for (const secret of [challenge, options.challenge, response.response.signature])
    assert.ok(!service.logs().includes(secret));
});
