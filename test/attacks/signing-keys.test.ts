import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { prepareSigningKeys } from '../../src/domain/key-rotation/prepare-signing-keys.ts';
import { rotateSigningKeys } from '../../src/domain/key-rotation/rotate-signing-keys.ts';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { newKeyPair } from '../../src/domain/signing-keys/key-pair.ts';
import { listSigningKeys } from '../../src/domain/signing-keys/signing-key-store.ts';
import { createKeyRing } from '../../src/platform/crypto/secret-keys.ts';
import { transact } from '../../src/platform/database/database.ts';
import { openSigningKeys } from '../../src/process/open-signing-keys.ts';
import { assertStatus } from '../api.ts';
import { signedInUser } from '../factories.ts';
import { forgeToken } from '../forged-token.ts';
import { statusOfMe } from '../session-calls.ts';
import { keysOf, kidOf, startWith } from '../signing-key-calls.ts';
import { createTestApp, type TestApp, testSecret } from '../test-app.ts';

const otherSecret = 'YSBzZWNyZXQgb2YgYW5vdGhlciBkZXBsb3ltZW50LCBub3Qgb3Vycw';

async function forger(service: TestApp) {
  const { accessToken } = await signedInUser(service);
  const status = (forgery: Parameters<typeof forgeToken>[2]) =>
    statusOfMe(service.api, userRealm, forgeToken(service, accessToken, forgery));
  assert.equal(await status({}), 200);
  return { accessToken, status, kid: kidOf(accessToken) };
}

for (const algorithm of ['EdDSA', 'ES256'] as const) {
  test(`O01 ${algorithm}: the published keys have no private member, ever`, async (t) => {
    const service = await createTestApp(t, { ACCESS_TOKEN_ALGORITHM: algorithm });
    const members = [
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
      ...(algorithm === 'ES256' ? ['y'] : []),
    ];
    for (const act of [undefined, false, true]) {
      if (act !== undefined) await rotateSigningKeys(service.deps, { revokes: act });
      await service.deps.signingKeys.reload();
      const answer = await service.api.get('/.well-known/jwks.json');
      assertStatus(answer, 200);
      const { current, next } = await keysOf(service);
      const kids = answer.body.keys.map(({ kid }: { kid: string }) => kid);
      assert.ok([current, ...next].every((kid) => kids.includes(kid)));
      for (const key of answer.body.keys) {
        assert.deepEqual(Object.keys(key).toSorted(), members);
        assert.equal(key.alg, algorithm);
        const { d = '' } = privateKeyOf(service, key.kid).export({ format: 'jwk' });
        assert.ok(d.length > 40 && !answer.text.includes(d));
      }
    }
  });

  test(`O02 ${algorithm}: the public key does not work as a secret, nor another algorithm`, async (t) => {
    const service = await createTestApp(t, { ACCESS_TOKEN_ALGORITHM: algorithm });
    const { status, kid } = await forger(service);
    const key = service.deps.signingKeys.find(kid);
    assert.ok(key);
    const pem = key.publicKey.export({ format: 'pem', type: 'spki' });
    const der = key.publicKey.export({ format: 'der', type: 'spki' });
    const raw = Buffer.from(key.jwk.x, 'base64url');
    const { jwt } = service.keys.current;
    const secrets = [pem, pem.trim(), der, raw, JSON.stringify(key.jwk), key.jwk.x, jwt];
    const secretKid = service.keys.current.kid;
    for (const secret of secrets) {
      for (const alg of ['HS256', 'EdDSA', 'ES256', 'Ed25519'])
        assert.equal(await status({ header: { alg }, key: secret }), 401, alg);
      for (const alg of ['EdDSA', 'ES256'])
        assert.equal(await status({ header: { alg, kid: secretKid }, key: secret }), 401, alg);
    }
    const other = algorithm === 'EdDSA' ? 'ES256' : 'EdDSA';
    for (const alg of [other, 'HS256', 'Ed25519', 'none'])
      assert.equal(await status({ header: { alg } }), 401, `signed with ${algorithm}, says ${alg}`);
    for (const attacker of attackersKeys())
      for (const alg of ['EdDSA', 'ES256'])
        assert.equal(await status({ header: { alg }, key: attacker }), 401, alg);
  });
}

function privateKeyOf({ deps }: TestApp, kid: string): KeyObject {
  const key = deps.signingKeys.find(kid);
  assert.ok(key);
  return key.privateKey;
}

function attackersKeys(): KeyObject[] {
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return [generateKeyPairSync('ed25519').privateKey, curve.privateKey];
}

test('O02 HS256 is refused where EdDSA signs, even with the right secret', async (t) => {
  const service = await createTestApp(t);
  const { status } = await forger(service);
  const { kid, jwt: key } = service.keys.current;
  for (const claims of [{}, { iss: 'adl', aud: 'adl-api' }])
    assert.equal(await status({ header: { alg: 'HS256', kid }, key, claims }), 401);
});

test('O02 an ES256 signature in DER, or of zeros, is refused', async (t) => {
  const service = await createTestApp(t, { ACCESS_TOKEN_ALGORITHM: 'ES256' });
  const { status, accessToken } = await forger(service);
  const { sign } = await import('node:crypto');
  const text = accessToken.slice(0, accessToken.lastIndexOf('.'));
  const der = sign('sha256', Buffer.from(text), privateKeyOf(service, kidOf(accessToken)));
  const token = `${text}.${der.toString('base64url')}`;
  assert.equal(await statusOfMe(service.api, userRealm, token), 401);
  for (const length of [0, 1, 63, 64, 65, 128])
    assert.equal(await status({ signature: Buffer.alloc(length).toString('base64url') }), 401);
});

test('O04 a token of another deployment is refused, though its key has the same id', async (t) => {
  const service = await createTestApp(t);
  const { status, kid } = await forger(service);
  const foreign = generateKeyPairSync('ed25519').privateKey;
  for (const iss of [service.config.publicUrl, 'https://staging.example.com'])
    assert.equal(await status({ key: foreign, claims: { iss }, header: { kid } }), 401);
  // A copy of the database with the same secret: another address, or another audience.
  assert.equal(await status({ claims: { iss: 'https://staging.example.com' } }), 401);
  assert.equal(await status({ claims: { aud: 'staging-api' } }), 401);
});

test('O04 a key that somebody wrote into the table, without the secret, is no key', async (t) => {
  const service = await createTestApp(t);
  const { status, kid } = await forger(service);
  const [current] = await listSigningKeys(service.db);
  const foreign = newKeyPair(createKeyRing(otherSecret).current, 'EdDSA');
  const own = service.keys.current.kid;
  const swapped = { ...foreign, kid: 'swapped', key_id: own, private_key: current?.private_key };
  for (const row of [foreign, { ...foreign, kid: 'named', key_id: own }, swapped]) {
    const planted = { ...row, private_key: row.private_key ?? Buffer.alloc(0) };
    const past = { created_at: new Date(0), signs_from: new Date(0) };
    await service.db
      .insertInto('signing_keys')
      .values({ ...planted, ...past })
      .execute();
  }
  await service.deps.signingKeys.reload();
  const { privateKey } = generateKeyPairSync('ed25519');
  for (const planted of [foreign.kid, 'named', 'swapped']) {
    assert.equal(service.deps.signingKeys.find(planted), null);
    assert.equal(await status({ header: { kid: planted }, key: privateKey }), 401);
  }
  assert.equal(kidOf((await forger(service)).accessToken), kid);
  assert.match(service.logs(), /A signing key needs another SECRET_KEY/);
});

test('O05 with another SECRET_KEY the start fails, says what to do, and makes no key', async (t) => {
  const service = await createTestApp(t);
  const before = await listSigningKeys(service.db);
  const { deps } = startWith(service, createKeyRing(otherSecret));
  await assert.rejects(openSigningKeys(deps), {
    name: 'StartupError',
    message:
      /^keys: failed - .*another SECRET_KEY \([\w-]{12}\)\. Set that one as SECRET_KEY_PREVIOUS\. .*adl keys rotate --revoke/,
  });
  assert.deepEqual(await listSigningKeys(service.db), before);
});

test('O05 keys go on through a rotation of SECRET_KEY, encrypted anew', async (t) => {
  const service = await createTestApp(t);
  const { accessToken } = await forger(service);
  const before = await keysOf(service);
  await startWith(service, createKeyRing(otherSecret, testSecret)).prepare();
  const { deps, prepare } = startWith(service, createKeyRing(otherSecret));
  await prepare();
  assert.deepEqual(await keysOf(service), before);
  for (const { key_id: kid } of await listSigningKeys(service.db))
    assert.equal(kid, deps.keys.current.kid);
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 200);
});

test('O05 a lost SECRET_KEY: revoking makes new keys, and the old tokens are dead', async (t) => {
  const service = await createTestApp(t);
  const { accessToken } = await forger(service);
  const before = await keysOf(service);
  const { deps } = startWith(service, createKeyRing(otherSecret));
  await assert.rejects(rotateSigningKeys(deps, { revokes: false }));
  assert.equal(await rotateSigningKeys(deps, { revokes: true }), 2);
  await openSigningKeys(deps);
  const after = await keysOf(service);
  assert.equal(after.next.length, 1);
  assert.ok(![before.current, ...before.next].includes(after.current));
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 401);
});

test('O05 a database dump does not contain a private key in clear', async (t) => {
  const service = await createTestApp(t);
  for (const { kid, private_key: sealed } of await listSigningKeys(service.db)) {
    const key = privateKeyOf(service, kid);
    const { d = '' } = key.export({ format: 'jwk' });
    assert.ok(!sealed.includes(Buffer.from(d, 'base64url')));
    assert.throws(() => createPrivateKey({ key: sealed, format: 'der', type: 'pkcs8' }));
  }
  // Nothing is left to do, and nothing is written, at a start with the same secret.
  const rows = await listSigningKeys(service.db);
  await prepareSigningKeys(service.deps);
  assert.deepEqual(await transact(service.db, listSigningKeys), rows);
});
