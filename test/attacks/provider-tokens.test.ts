import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, importJWK, type JWTPayload, SignJWT } from 'jose';
import { ownProvider } from '../providers/own-provider.ts';
import {
  Browser,
  failedRequest,
  failures,
  signedInWith,
  signInAt,
  withProvider,
} from '../providers/provider-calls.ts';
import { clientSecret } from '../providers/test-provider.ts';
import { createTestApp } from '../test-app.ts';

const idp = await ownProvider();
const settings = withProvider(idp);

type Forged = { header?: Record<string, unknown>; claims?: Record<string, unknown> };
type Key = Parameters<SignJWT['sign']>[0];

function foreignKey(): Key {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

async function ownKey(): Promise<Key> {
  return (await importJWK(idp.key, 'ES256')) as Key;
}

async function sign(claims: JWTPayload, { header, claims: more }: Forged, key: Key) {
  const payload = JSON.parse(JSON.stringify({ ...claims, ...more })) as JWTPayload;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', kid: 'test-key', ...header })
    .sign(key);
}

function unsigned(claims: JWTPayload, alg: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg, kid: 'test-key' })}.${part(claims)}.`;
}

const now = () => Math.floor(Date.now() / 1000);

/** Each a token that must open nothing, made from the one that the provider issued. */
const forgeries: [what: string, forge: (claims: JWTPayload) => Promise<string>][] = [
  ['no signature and the algorithm none', async (claims) => unsigned(claims, 'none')],
  ['no signature', async (claims) => unsigned(claims, 'ES256')],
  ['the signature of another key', async (claims) => sign(claims, {}, foreignKey())],
  [
    'a key that is not published',
    async (claims) => sign(claims, { header: { kid: 'unknown' } }, foreignKey()),
  ],
  [
    'a kid that is not published, by the right key',
    async (claims) => sign(claims, { header: { kid: 'unknown' } }, await ownKey()),
  ],
  [
    'a key in its own header',
    async (claims) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwk = pair.publicKey.export({ format: 'jwk' });
      return sign(claims, { header: { kid: undefined, jwk } }, pair.privateKey);
    },
  ],
  [
    'HS256 with the client secret',
    async (claims) => {
      const header = { alg: 'HS256' };
      return sign(claims, { header }, Buffer.from(clientSecret.padEnd(32, '0')));
    },
  ],
  [
    'the audience of another client',
    async (claims) => sign(claims, { claims: { aud: 'another' } }, await ownKey()),
  ],
  [
    'several audiences without azp',
    async (claims) => sign(claims, { claims: { aud: ['adl', 'another'] } }, await ownKey()),
  ],
  [
    'the azp of another client',
    async (claims) => sign(claims, { claims: { azp: 'another' } }, await ownKey()),
  ],
  [
    'the azp of another client beside several audiences',
    async (claims) =>
      sign(claims, { claims: { aud: ['adl', 'another'], azp: 'another' } }, await ownKey()),
  ],
  [
    'another issuer',
    async (claims) => sign(claims, { claims: { iss: 'https://evil.example' } }, await ownKey()),
  ],
  [
    'an end in the past',
    async (claims) => sign(claims, { claims: { exp: now() - 120 } }, await ownKey()),
  ],
  ['no end', async (claims) => sign(claims, { claims: { exp: undefined } }, await ownKey())],
  [
    'the nonce of another question',
    async (claims) => sign(claims, { claims: { nonce: 'x'.repeat(43) } }, await ownKey()),
  ],
  ['no nonce', async (claims) => sign(claims, { claims: { nonce: undefined } }, await ownKey())],
  ['no subject', async (claims) => sign(claims, { claims: { sub: undefined } }, await ownKey())],
  ['an empty subject', async (claims) => sign(claims, { claims: { sub: '' } }, await ownKey())],
  [
    'a subject with a NUL',
    async (claims) => sign(claims, { claims: { sub: 'a\u0000b' } }, await ownKey()),
  ],
  [
    'a subject of 300 characters',
    async (claims) => sign(claims, { claims: { sub: 's'.repeat(300) } }, await ownKey()),
  ],
  ['no ID token at all', async () => ''],
];

/** The provider answers with what `forge` makes of its own token. */
function answerWith(forge: (claims: JWTPayload) => Promise<string>): void {
  idp.rewrite('/token', async (body) => {
    const token = await forge(decodeJwt(String(body.id_token)));
    const { id_token: _, ...others } = body;
    return token === '' ? others : { ...others, id_token: token };
  });
}

for (const [what, forge] of forgeries)
  test(`Q02 an ID token with ${what} opens nothing`, async (t) => {
    const service = await createTestApp(t, settings);
    answerWith(forge);
    failedRequest(await signInAt(service, new Browser()));
    assert.deepEqual(await failures(service), ['wrong_answer']);
    assert.deepEqual(await service.db.selectFrom('users').select('id').execute(), []);
  });

test('Q02 the same token, signed again by the provider, signs in', async (t) => {
  const service = await createTestApp(t, settings);
  answerWith(async (claims) => sign(claims, {}, await ownKey()));
  assert.ok(await signedInWith(service));
});

test('Q02 CVE-2026-31813: a discovery document of another issuer is refused', async (t) => {
  const service = await createTestApp(t, { ...settings, OIDC_TEST_NAME: 'fresh' });
  const path = '/.well-known/openid-configuration';
  idp.rewrite(path, async (body) => ({ ...body, issuer: 'https://evil.example' }));
  failedRequest(await service.api.get('/api/users/login/providers/test/start'));
  assert.deepEqual(await failures(service), ['wrong_answer']);
});
