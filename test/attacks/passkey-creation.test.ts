import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { makeCertificate, withoutOpenssl } from '../certificate.ts';
import { signIn } from '../factories.ts';
import { createAuthenticator, type Deviation } from '../passkeys/authenticator.ts';
import { type Cbor, cbor } from '../passkeys/cbor.ts';
import {
  accessTokenOf,
  creationOptions,
  forgetFactors,
  offerPasskey,
  requestOptions,
  signInWith,
  withPasskey,
} from '../passkeys/passkey-calls.ts';
import { signedInTo } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const certificate = new Map<string, Cbor>([
  ['alg', -7],
  ['sig', Buffer.alloc(70)],
  ['x5c', [Buffer.from('a certificate that names http://127.0.0.1:8000/list.crl')]],
]);

const deviations: Record<string, Deviation> = {
  'another origin': { origin: 'https://evil.example' },
  'another relying party': { rpId: 'evil.example' },
  'another challenge': { challenge: Buffer.alloc(32).toString('base64url') },
  'an answer of a use': { type: 'webauthn.get' },
  'a frame of another site': { crossOrigin: true },
  'a person who was not there': { isPresent: false },
  'an attestation with certificates': { format: 'packed', statement: certificate },
  'an attestation of Apple': { format: 'apple', statement: certificate },
  'an attestation of a phone': { format: 'android-key', statement: certificate },
  'an attestation of a TPM': { format: 'tpm', statement: certificate },
  'an attestation of nobody': { format: 'made-up' },
  'a statement beside none': { statement: new Map([['x', 1]]) },
};

/** As if what was proven in all sessions were 16 minutes old. */
async function ageProofs({ db }: TestApp): Promise<void> {
  const old = new Date(Date.now() - 16 * 60_000);
  const columns = { authenticated_at: old, factor_shown_at: old };
  await db.updateTable('sessions').set(columns).execute();
}

async function countPasskeys({ db }: TestApp): Promise<number> {
  return (await db.selectFrom('passkeys').select('id').execute()).length;
}

test('N10: an answer to a creation that differs in one thing adds nothing', async (t) => {
  const service = await createTestApp(t);
  for (const realm of realms) {
    const person = await signedInTo(service, realm);
    for (const [what, deviation] of Object.entries(deviations)) {
      const made = createAuthenticator();
      const answer = await offerPasskey(service, realm, person, made, deviation);
      assert.equal(answer.status, 400, `${what} ${answer.text}`);
      assert.equal(answer.body.details.reason, 'passkey_not_verified');
    }
  }
  assert.equal(await countPasskeys(service), 0);
});

test('N10: an attestation is taken without a certificate only, however sound it is', {
  skip: withoutOpenssl,
}, async (t) => {
  const service = await createTestApp(t);
  const user = await signedInTo(service, userRealm);
  const attestation = makeCertificate(t, 'DNS:a.example');
  const certified = await offerPasskey(service, userRealm, user, createAuthenticator(), {
    attestation,
  });
  assertStatus(certified, 400);
  const own = { attestation: 'self' } as const;
  assertStatus(await offerPasskey(service, userRealm, user, createAuthenticator(), own), 201);
});

test('N10: a key of another algorithm is refused, and for admins one without a user', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInTo(service, userRealm);
  const es384 = createAuthenticator({ algorithm: '-35' });
  assertStatus(await offerPasskey(service, userRealm, user, es384), 400);
  const admin = await signedInTo(service, adminRealm);
  const unverified = createAuthenticator({ isVerified: false });
  assertStatus(await offerPasskey(service, adminRealm, admin, unverified), 400);
  assert.equal(await countPasskeys(service), 0);
});

test('N10: an attestation that is huge, deep or no CBOR at all is refused', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInTo(service, userRealm);
  const offer = async (attestation: Buffer) => {
    const response = createAuthenticator().create(await creationOptions(service, userRealm, token));
    response.response.attestationObject = attestation.toString('base64url');
    return service.api.post('/api/users/me/passkeys', { response }, { token });
  };
  const authData = (data: Buffer) => {
    const members: [string, Cbor][] = [
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', data],
    ];
    return cbor(new Map(members));
  };
  const bad: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    zeros: Buffer.alloc(500),
    'arrays in arrays': Buffer.alloc(6000, 0x81),
    'maps in maps': Buffer.alloc(6000, 0xa1),
    'a length of four gigabytes': Buffer.from('5affffffff', 'hex'),
    'a map of four billion members': Buffer.from('baffffffff', 'hex'),
    'short data': authData(Buffer.alloc(36)),
    'data that promises a credential': authData(Buffer.alloc(37, 0xff)),
    text: cbor('fmt'),
  };
  for (const [what, attestation] of Object.entries(bad)) {
    const answer = await offer(attestation);
    assert.equal(answer.status, 400, `${what} ${answer.text}`);
  }
  assertStatus(await offer(Buffer.alloc(40_000)), 422);
  assertStatus(await offer(Buffer.alloc(65_536)), 413);
});

test('a challenge makes a passkey only for who asked, in that session, once', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const person = await signedInTo(service, userRealm);
  const { accessToken: token } = person;
  const other = await signedInTo(service, userRealm);
  const session = await signIn(service, userRealm, person);
  const admin = await signedInTo(service, adminRealm);
  const options = await creationOptions(service, userRealm, token);
  const response = createAuthenticator().create(options);
  const add = (path: string, accessToken: string) =>
    api.post(`${path}/me/passkeys`, { response }, { token: accessToken });
  assertStatus(await add('/api/users', other.accessToken), 400);
  assertStatus(await add('/api/users', session.accessToken), 400);
  assertStatus(await add('/api/admins', admin.accessToken), 400);
  assertStatus(await add('/api/users', token), 201);
  assert.equal(await countPasskeys(service), 1);
  const again = await api.post(
    '/api/users/me/passkeys',
    { response },
    { token: session.accessToken },
  );
  assert.ok([400, 403].includes(again.status), again.text);
});

test('a challenge of a use, or of five minutes ago, makes no passkey', async (t) => {
  const service = await createTestApp(t);
  const person = await signedInTo(service, userRealm);
  const { challenge } = await requestOptions(service, userRealm);
  const asked = await offerPasskey(service, userRealm, person, createAuthenticator(), {
    challenge,
  });
  assertStatus(asked, 400);
  const options = await creationOptions(service, userRealm, person.accessToken);
  await service.clock.advance(301);
  const response = createAuthenticator().create(options);
  const { accessToken: token } = person;
  assertStatus(await service.api.post('/api/users/me/passkeys', { response }, { token }), 400);
});

test('N08: a stolen session adds and removes no passkey without a recent proof', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  for (const realm of realms) {
    const { person, authenticator, passkeyId } = await withPasskey(service, realm);
    const me = `${realm.path}/me`;
    const attempt = async (token: string) => {
      const answers = [
        await api.post(`${me}/passkeys/options`, undefined, { token }),
        await api.delete(`${me}/factors/${passkeyId}`, { token }),
      ];
      for (const answer of answers) {
        assertStatus(answer, 403);
        assert.equal(answer.body.details.reason, 'reauthentication_required');
        assert.deepEqual(answer.body.details.methods, ['passkey']);
      }
    };
    await forgetFactors(service);
    await attempt(person.accessToken);
    const token = await accessTokenOf(signInWith(service, realm, authenticator));
    assertStatus(await api.post(`${me}/passkeys/options`, undefined, { token }), 200);
    // Within the life of an access token, but after that of a proof.
    await ageProofs(service);
    await attempt(token);
  }
  assert.equal(await countPasskeys(service), 2);
});

test('N08: a challenge taken while the proof was fresh adds nothing later', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInTo(service, userRealm);
  const options = await creationOptions(service, userRealm, token);
  await ageProofs(service);
  const response = createAuthenticator().create(options);
  const answer = await service.api.post('/api/users/me/passkeys', { response }, { token });
  assertStatus(answer, 403);
  assert.equal(await countPasskeys(service), 0);
});
