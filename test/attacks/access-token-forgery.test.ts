import assert from 'node:assert/strict';
import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { listSigningKeys } from '../../src/domain/signing-keys/signing-key-store.ts';
import { type SignedIn, signedInUser } from '../factories.ts';
import { forgeToken, readToken } from '../forged-token.ts';
import { statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/**
 * First checks that the forging tool makes valid tokens, so that no rejection below is due to the
 * tool.
 */
async function forger(service: TestApp) {
  const user: SignedIn = await signedInUser(service);
  const status = (token: string) => statusOfMe(service.api, userRealm, token);
  assert.equal(await status(forgeToken(service, user.accessToken)), 200);
  return {
    user,
    status,
    forge: (forgery: Parameters<typeof forgeToken>[2]) =>
      forgeToken(service, user.accessToken, forgery),
  };
}

test('E01 a token without a signature or with an unknown alg is rejected', async (t) => {
  const service = await createTestApp(t);
  const { status, forge } = await forger(service);
  const algorithms = [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'hs256',
    ' HS256',
    undefined,
    null,
    0,
    true,
    {},
  ];
  for (const alg of [...algorithms, ['none'], ['HS256'], ['HS256', 'none']]) {
    for (const signature of ['', 'x', undefined]) {
      const token = forge({ header: { alg }, ...(signature === undefined ? {} : { signature }) });
      assert.equal(await status(token), 401, `alg ${JSON.stringify(alg)}, signature ${signature}`);
    }
  }
  assert.equal(await status(forge({ signature: '' })), 401);
  assert.equal(await status(forge({ key: '' })), 401);
  assert.equal(await status(forge({ key: 'secret' })), 401);
});

test('E02 our key is accepted with our algorithm only', async (t) => {
  const service = await createTestApp(t, { ACCESS_TOKEN_ALGORITHM: 'HS256' });
  const { status, forge } = await forger(service);
  for (const [alg, digest] of [
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
    ['HS256', 'sha384'],
    ['HS384', 'sha256'],
  ] as const) {
    assert.equal(await status(forge({ header: { alg }, digest })), 401, `${alg} by ${digest}`);
  }
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'A256GCM', 'dir']) {
    assert.equal(await status(forge({ header: { alg } })), 401, alg);
  }
  const { refreshTag, refreshSuccessor } = service.keys.current;
  for (const key of [refreshTag, refreshSuccessor, service.config.secretKey ?? '']) {
    assert.equal(await status(forge({ key })), 401, 'a key for another purpose');
  }
});

test('E02 a public key in any encoding does not work as an HMAC secret', async (t) => {
  const service = await createTestApp(t);
  const { status, forge } = await forger(service);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const jwk = JSON.stringify(publicKey.export({ format: 'jwk' }));
  const der = publicKey.export({ type: 'spki', format: 'der' });
  for (const key of [pem, pem.trim(), ` ${pem}`, `\n${pem}`, der, der.toString('base64'), jwk]) {
    assert.equal(await status(forge({ key })), 401);
    assert.equal(await status(forge({ key, header: { jwk: JSON.parse(jwk) } })), 401);
  }
  assert.equal(await status(signedByOwnKey(privateKey, forge({ header: { alg: 'RS256' } }))), 401);
});

function signedByOwnKey(privateKey: KeyObject, token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'));
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

test('E03 a key embedded in or referenced by the token is never used or fetched', async (t) => {
  const service = await createTestApp(t);
  const { status, forge, user } = await forger(service);
  const requests: string[] = [];
  const canary = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end(
      JSON.stringify({ keys: [{ kty: 'oct', k: Buffer.from('attacker').toString('base64url') }] }),
    );
  }).listen(0, '127.0.0.1');
  t.after(() => canary.close());
  const { kid } = readToken(user.accessToken).header;
  if (!canary.listening) await new Promise((resolve) => canary.once('listening', resolve));
  const address = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;

  const attacker = 'attacker';
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const oct = { kty: 'oct', k: Buffer.from(attacker).toString('base64url'), alg: 'HS256', kid };
  const rsa = createPublicKey(privateKey).export({ format: 'jwk' });
  const chain = [
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64'),
  ];
  const headers = [
    { jwk: oct },
    { jwk: rsa },
    { jku: `${address}/jku` },
    { jku: `${address}/jku`, kid: 'attacker' },
    { x5u: `${address}/x5u` },
    { x5c: chain },
    { x5t: 'dGh1bWI', 'x5t#S256': 'dGh1bWI' },
    { kid: `${address}/kid` },
  ];
  for (const header of headers) {
    assert.equal(await status(forge({ header, key: attacker })), 401, JSON.stringify(header));
    assert.equal(
      await status(signedByOwnKey(privateKey, forge({ header: { alg: 'RS256', ...header } }))),
      401,
    );
    // Rejected even with a valid signature: it is ambiguous which of the two keys was meant.
    assert.equal(await status(forge({ header })), 401, JSON.stringify(header));
  }
  assert.deepEqual(requests, []);
  await fetch(`${address}/control`);
  assert.deepEqual(requests, ['/control']);
});

test('E03 a kid is the fingerprint of a known key and is used in no lookup', async (t) => {
  const service = await createTestApp(t);
  const { status, forge } = await forger(service);
  const paths = [
    '../../dev/null',
    '/dev/null',
    '../../../../../../etc/hostname',
    'file:///dev/null',
  ];
  const queries = [
    "' OR 1=1",
    "' UNION SELECT 'x",
    '"; SELECT pg_sleep(9) --',
    '$(id)',
    '%00',
    '\u0000',
  ];
  const names = ['__proto__', 'constructor', 'toString', 'current', '0', '', 'x'.repeat(10_000)];
  for (const kid of [...paths, ...queries, ...names, 0, 1, null, undefined, true, {}, [], ['x']]) {
    for (const key of ['', '\u0000', 'x', undefined]) {
      const token = forge({ header: { kid }, ...(key === undefined ? {} : { key }) });
      assert.equal(await status(token), 401, `kid ${JSON.stringify(kid)?.slice(0, 50)}`);
    }
  }
});

test('E04 an unsupported header parameter invalidates the token, whoever signed it', async (t) => {
  const service = await createTestApp(t);
  const { status, forge } = await forger(service);
  const headers: Record<string, unknown>[] = [
    { crit: ['b64'], b64: true },
    { crit: ['b64'], b64: false },
    { crit: ['x'], x: 1 },
    { crit: ['exp'], exp: 9_999_999_999 },
    { crit: [] },
    { crit: null },
    { b64: false },
    { b64: true },
    { cty: 'JWT' },
    { zip: 'DEF' },
    { enc: 'A256GCM' },
    { typ: 'JWE' },
    { typ: 'JWT' },
    { typ: 'jwt' },
    { typ: 'AT+JWT' },
    { typ: 'rt+jwt' },
    { typ: ['at+jwt'] },
    { typ: undefined },
    { typ: null },
    { unheardOf: 1 },
  ];
  for (const header of headers)
    assert.equal(await status(forge({ header })), 401, JSON.stringify(header));
});

test('E04 a payload that is unencoded or not an object is rejected', async (t) => {
  const service = await createTestApp(t, { ACCESS_TOKEN_ALGORITHM: 'HS256' });
  const { status, forge, user } = await forger(service);
  for (const rawClaims of ['', 'null', '[]', '"x"', '1', '{', '{}', 'true', '[{}]']) {
    assert.equal(await status(forge({ rawClaims })), 401, rawClaims);
  }
  // RFC 7797: with b64 false, the payload is not base64url-encoded.
  const { header, claims } = readToken(user.accessToken);
  const unencoded = JSON.stringify({ ...header, b64: false, crit: ['b64'] });
  const plain = `${Buffer.from(unencoded).toString('base64url')}.${JSON.stringify(claims)}`;
  const mac = createHmac('sha256', service.keys.current.jwt).update(plain).digest('base64url');
  assert.equal(await status(`${plain}.${mac}`), 401);
});

test('E19 a token names account, session and expiry, and no personal data', async (t) => {
  const service = await createTestApp(t);
  const { user } = await forger(service);
  const { header, claims } = readToken(user.accessToken);
  const [signing] = await listSigningKeys(service.db).then((rows) =>
    rows.filter(({ signs_from }) => signs_from !== null),
  );
  assert.deepEqual(header, { alg: 'EdDSA', typ: 'at+jwt', kid: signing?.kid });
  assert.deepEqual(Object.keys(claims).toSorted(), [
    'acr',
    'amr',
    'aud',
    'auth_time',
    'exp',
    'iat',
    'iss',
    'jti',
    'kind',
    'sid',
    'sub',
  ]);
  const { iss, aud, sub, kind, iat, exp } = claims;
  assert.deepEqual(
    { iss, aud, sub, kind },
    { iss: service.config.publicUrl, aud: 'adl-api', sub: user.id, kind: 'user' },
  );
  assert.deepEqual([claims.amr, claims.acr], [['pwd'], '1']);
  assert.ok(Math.abs(Number(claims.auth_time) - Number(iat)) < 5);
  assert.equal(Number(exp) - Number(iat), 900);
  assert.ok(Math.abs(Number(iat) - service.clock.now().getTime() / 1000) < 5);
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  for (const name of ['sid', 'jti', 'sub']) assert.match(String(claims[name]), uuid);
});
