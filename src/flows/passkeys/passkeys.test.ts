import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { createAuthenticator } from '../../../test/passkeys/authenticator.ts';
import {
  accessTokenOf,
  creationOptions,
  offerPasskey,
  requestOptions,
  signInWith,
  withPasskey,
} from '../../../test/passkeys/passkey-calls.ts';
import { signedInTo } from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { adminRealm, realms, userRealm } from '../../domain/realms/realms.ts';

for (const realm of realms) {
  test(`a passkey of the realm ${realm.kind} is added, signs in and is told of`, async (t) => {
    const service = await createTestApp(t);
    const { api, mailbox, db } = service;
    const { person, authenticator, passkeyId } = await withPasskey(service, realm);
    const token = await accessTokenOf(signInWith(service, realm, authenticator));
    const me = await api.get(`${realm.path}/me`, { token });
    assert.equal(me.body.id, person.id);
    const { body } = await api.get(`${realm.path}/me/factors`, { token });
    const [listed] = body.items;
    assert.deepEqual([listed.id, listed.kind], [passkeyId, 'passkey']);
    assert.ok(listed.last_used_at);
    const sessions = await db.selectFrom('sessions').select(['level', 'methods']).execute();
    assert.ok(sessions.some(({ level, methods }) => level === 2 && methods === 'hwk user'));
    const added = await mailbox.mails('second_factor_added');
    assert.deepEqual(
      added.map(({ recipient }) => recipient),
      [person.email],
    );
  });
}

for (const algorithm of ['-7', '-8', '-257'] as const) {
  test(`a key of the COSE algorithm ${algorithm} signs in`, async (t) => {
    const service = await createTestApp(t);
    const { authenticator } = await withPasskey(service, userRealm, { algorithm });
    assertStatus(await signInWith(service, userRealm, authenticator), 200);
  });
}

test('the options ask for what the service needs, and depend on no request', async (t) => {
  const service = await createTestApp(t, { PUBLIC_URL: 'https://accounts.example.com' });
  const user = await signedInTo(service, userRealm);
  const creation = await creationOptions(service, userRealm, user.accessToken);
  assert.deepEqual(creation.rp, { id: 'accounts.example.com', name: 'ADL Production' });
  assert.deepEqual(creation.authenticatorSelection, {
    residentKey: 'required',
    requireResidentKey: true,
    userVerification: 'preferred',
  });
  assert.equal(creation.attestation, 'none');
  const admin = await signedInTo(service, adminRealm);
  const ofAdmin = await creationOptions(service, adminRealm, admin.accessToken);
  assert.equal(ofAdmin.authenticatorSelection.userVerification, 'required');
  const headers = { host: 'evil.example', origin: 'https://evil.example' };
  const path = '/api/users/login/passkey/options';
  const { body } = await service.api.post(path, undefined, { headers });
  const { challenge, ...options } = body.options;
  assert.deepEqual(options, {
    timeout: 300_000,
    rpId: 'accounts.example.com',
    userVerification: 'preferred',
  });
  assert.notEqual(challenge, body.challenge);
});

test('a passkey signs in from further origins that the configuration names', async (t) => {
  const app = 'android:apk-key-hash:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy';
  const service = await createTestApp(t, {
    PUBLIC_URL: 'https://example.com',
    PASSKEY_ORIGINS: `https://app.example.com,${app}`,
  });
  const settings = { origin: 'https://example.com' };
  const { authenticator } = await withPasskey(service, userRealm, settings);
  for (const origin of ['https://app.example.com', app])
    assertStatus(await signInWith(service, userRealm, authenticator, { origin }), 200);
  const origin = 'https://other.example.com';
  assertStatus(await signInWith(service, userRealm, authenticator, { origin }), 401);
});

test('a passkey without user verification signs a user in at level 1', async (t) => {
  const service = await createTestApp(t);
  const { person, authenticator } = await withPasskey(service, userRealm, {
    isVerified: false,
    isSynced: true,
  });
  await service.db.deleteFrom('sessions').execute();
  assertStatus(await signInWith(service, userRealm, authenticator), 200);
  const query = service.db.selectFrom('sessions').select(['level', 'methods', 'subject_id']);
  assert.deepEqual(await query.execute(), [{ level: 1, methods: 'swk', subject_id: person.id }]);
});

test('a passkey that counts and one that says zero sign in again and again', async (t) => {
  const service = await createTestApp(t);
  for (const counter of [7, null]) {
    const { authenticator } = await withPasskey(service, userRealm, { counter });
    for (let count = 0; count < 3; count += 1)
      assertStatus(await signInWith(service, userRealm, authenticator), 200);
  }
});

test('a passkey is named after the device or as its owner says, and renamed', async (t) => {
  const service = await createTestApp(t);
  const { api, mailbox } = service;
  const { accessToken: token } = await signedInTo(service, userRealm);
  const options = await creationOptions(service, userRealm, token);
  const response = createAuthenticator().create(options);
  const added = await api.post(
    '/api/users/me/passkeys',
    { response },
    { token, headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' } },
  );
  assertStatus(added, 201);
  assert.equal(added.body.name, 'Firefox on Linux');
  const rename = (name: unknown) =>
    api.patch(`${userRealm.path}/me/passkeys/${added.body.id}`, { name }, { token });
  const renamed = await rename('  Yubikey ');
  assertStatus(renamed, 200);
  assert.equal(renamed.body.name, 'Yubikey');
  for (const name of ['', ' ', 'a\u0000b', 'a\nb', 'n'.repeat(101), 7])
    assertStatus(await rename(name), 422);
  assert.equal((await mailbox.mails('passkey_renamed')).length, 1);
});

test('nobody else can rename or remove a passkey', async (t) => {
  const service = await createTestApp(t);
  const { passkeyId } = await withPasskey(service, userRealm);
  const others = [
    [userRealm, (await withPasskey(service, userRealm)).person],
    [adminRealm, (await withPasskey(service, adminRealm)).person],
  ] as const;
  for (const [realm, { accessToken: token }] of others) {
    const own = `${realm.path}/me`;
    const rename = await service.api.patch(
      `${own}/passkeys/${passkeyId}`,
      { name: 'x' },
      { token },
    );
    assertStatus(rename, 404);
  }
  const rows = await service.db.selectFrom('passkeys').select('name').execute();
  assert.ok(rows.every(({ name }) => name !== 'x'));
});

test('an account has at most twenty passkeys, also when two arrive at once', async (t) => {
  const service = await createTestApp(t);
  const { api, db } = service;
  const { authenticator } = await withPasskey(service, userRealm);
  const token = await accessTokenOf(signInWith(service, userRealm, authenticator));
  const [row] = await db.selectFrom('passkeys').selectAll().execute();
  assert.ok(row);
  const offers = [];
  for (let count = 0; count < 3; count += 1)
    offers.push(createAuthenticator().create(await creationOptions(service, userRealm, token)));
  for (let count = 1; count < 19; count += 1) {
    const id = crypto.randomUUID();
    const credential_id = Buffer.from(id);
    await db
      .insertInto('passkeys')
      .values({ ...row, id, credential_id, counter: 0 })
      .execute();
  }
  const answers = await Promise.all(
    offers.map((response) => api.post('/api/users/me/passkeys', { response }, { token })),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [201, 409, 409]);
  const refused = await api.post(`${userRealm.path}/me/passkeys/options`, undefined, { token });
  assertStatus(refused, 409);
  assert.equal(refused.body.details.reason, 'too_many_passkeys');
});

test('options exclude the passkeys that the account has', async (t) => {
  const service = await createTestApp(t);
  const { authenticator } = await withPasskey(service, userRealm);
  const token = await accessTokenOf(signInWith(service, userRealm, authenticator));
  const { excludeCredentials } = await creationOptions(service, userRealm, token);
  const id = authenticator.credentialId.toString('base64url');
  assert.deepEqual(excludeCredentials, [
    { id, type: 'public-key', transports: ['hybrid', 'internal'] },
  ]);
});

test('what nobody used is cleaned away after five minutes', async (t) => {
  const service = await createTestApp(t);
  await requestOptions(service, userRealm);
  await service.clock.advance(299);
  await service.tidyUp();
  const count = async () =>
    (await service.db.selectFrom('passkey_challenges').select('realm').execute()).length;
  assert.equal(await count(), 1);
  await service.clock.advance(2);
  await service.tidyUp();
  assert.equal(await count(), 0);
});

test('passkeys are in the export of their owner, without the key', async (t) => {
  const service = await createTestApp(t);
  const { authenticator } = await withPasskey(service, userRealm);
  const token = await accessTokenOf(signInWith(service, userRealm, authenticator));
  const { body, text } = await service.api.get('/api/users/me/export', { token });
  assert.equal(body.passkeys.length, 1);
  assert.equal(body.passkeys[0].transports, 'hybrid,internal');
  assert.ok(!text.includes(authenticator.credentialId.toString('base64url')));
});

test('a passkey that another account has is refused to a second one', async (t) => {
  const service = await createTestApp(t);
  const { authenticator } = await withPasskey(service, userRealm);
  for (const realm of realms) {
    const other = await signedInTo(service, realm);
    const { credentialId } = authenticator;
    const copy = createAuthenticator({ credentialId });
    const answer = await offerPasskey(service, realm, other, copy);
    assertStatus(answer, 409);
    assert.equal(answer.body.details.reason, 'passkey_in_use');
  }
  assertStatus(await signInWith(service, userRealm, authenticator), 200);
});
