import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { forgeToken, readToken } from '../../../test/forged-token.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { listSigningKeys } from '../signing-keys/signing-key-store.ts';
import { createAccessTokens } from './access-token.ts';

const subjectId = '01890a5d-ac96-774b-bcce-b302099a8057';
const sessionId = '01890a5d-ac96-774b-bcce-b302099a8058';
const jti = '01890a5d-ac96-774b-bcce-b302099a8059';
const bornSeconds = 1_700_000_000;

type Options = { maxRemembered?: number; algorithm?: string };

/** Access tokens and a clock that tests set, in seconds since the first token was issued. */
async function openTokens(t: TestContext, { maxRemembered, algorithm = 'EdDSA' }: Options = {}) {
  const service = await createTestApp(t, { ACCESS_TOKEN_ALGORITHM: algorithm });
  const rows = await listSigningKeys(service.db);
  const signingKeyId = rows.find(({ signs_from: from }) => from !== null)?.kid ?? null;
  const clock = { seconds: 0 };
  const at = () => new Date((bornSeconds + clock.seconds) * 1000 + 999);
  const tokens = createAccessTokens(service.deps, at, maxRemembered);
  const authenticatedAt = new Date((bornSeconds - 60) * 1000);
  const proof = { methods: ['pwd', 'otp'], authenticatedAt, level: 2, signingKeyId };
  const sign = (kind: 'user' | 'admin' = 'user') =>
    tokens.sign({ subjectId, kind, sessionId, proof });
  const genuine = await sign();
  const forge = (forgery: Parameters<typeof forgeToken>[2]) =>
    forgeToken(service, genuine, forgery);
  const verify = (token: string) => tokens.verify(token);
  return { ...service, clock, sign, verify, genuine, forge, signingKeyId };
}

function countChecks(t: TestContext): () => number {
  const verify = t.mock.method(crypto.subtle, 'verify');
  return () => verify.mock.callCount();
}

test('a token carries the signed claims of its realm and is valid at once', async (t) => {
  const { sign, verify, signingKeyId, config } = await openTokens(t);
  for (const kind of ['user', 'admin'] as const) {
    const token = await sign(kind);
    assert.deepEqual(await verify(token), {
      subjectId,
      kind,
      sessionId,
      expiresAtSeconds: bornSeconds + 900,
      keyId: signingKeyId,
    });
    const { header, claims } = readToken(token);
    assert.deepEqual(header, { alg: 'EdDSA', typ: 'at+jwt', kid: signingKeyId });
    const { jti: id, ...rest } = claims;
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    const times = { iat: bornSeconds, exp: bornSeconds + 900 };
    assert.deepEqual(rest, {
      iss: config.publicUrl,
      aud: 'adl-api',
      sub: subjectId,
      kind,
      sid: sessionId,
      auth_time: bornSeconds - 60,
      amr: ['pwd', 'otp'],
      acr: '2',
      ...times,
    });
  }
});

test('a token is refused 30 seconds after expiry, whether it was seen before or not', async (t) => {
  const { clock, genuine, verify, forge } = await openTokens(t);
  clock.seconds = 929;
  assert.ok(await verify(genuine));
  assert.ok(await verify(forge({})));
  clock.seconds = 930;
  assert.equal(await verify(genuine), null);
  assert.equal(await verify(genuine), null, 'nor when verified again');
  assert.equal(await verify(forge({})), null);
});

test('a token with a longer life than the current setting expires with that setting', async (t) => {
  const { clock, verify, forge } = await openTokens(t);
  const longer = forge({ claims: { exp: bornSeconds + 1_000_000 } });
  assert.equal((await verify(longer))?.expiresAtSeconds, bornSeconds + 900);
  clock.seconds = 930;
  assert.equal(await verify(longer), null);
  const shorter = forge({ claims: { exp: bornSeconds + 910, iat: bornSeconds + 100 } });
  assert.equal((await verify(shorter))?.expiresAtSeconds, bornSeconds + 910);
  clock.seconds = 1100;
  assert.equal(
    await verify(forge({ claims: { exp: bornSeconds + 1_000_000 } })),
    null,
    'too old when first seen',
  );
});

test('a header with another algorithm, type, key or parameter is refused', async (t) => {
  const { verify, forge, keys } = await openTokens(t);
  const headers = [
    { alg: 'HS384' },
    { alg: 'none' },
    { alg: '' },
    { typ: 'JWT' },
    { typ: '' },
    { typ: undefined },
    { kid: 'other' },
    { kid: undefined },
    { kid: 'x'.repeat(65) },
    { crit: ['exp'] },
    { jku: 'https://evil.test' },
    { b64: true },
  ];
  for (const header of headers)
    assert.equal(await verify(forge({ header })), null, JSON.stringify(header));
  for (const key of [keys.current.refreshTag, keys.current.link, ''])
    assert.equal(await verify(forge({ key })), null);
  assert.ok(await verify(forge({})), 'a token forged with the right key is accepted');
});

test('a missing or wrong claim is refused', async (t) => {
  const { verify, forge } = await openTokens(t);
  const wrong = {
    iss: 'other',
    aud: 'other',
    sub: 'x',
    kind: 'superadmin',
    sid: 'x',
    jti: 'x',
    iat: 0.5,
    exp: `${bornSeconds}`,
    nbf: bornSeconds + 60,
  };
  for (const [name, value] of Object.entries(wrong))
    assert.equal(await verify(forge({ claims: { [name]: value } })), null, name);
  for (const name of ['iss', 'aud', 'sub', 'kind', 'sid', 'jti', 'iat', 'exp'])
    assert.equal(await verify(forge({ claims: { jti, [name]: undefined } })), null, `no ${name}`);
});

test('a malformed token gives null and does not throw', async (t) => {
  const { verify, genuine } = await openTokens(t);
  const [header, claims, signature] = genuine.split('.');
  for (const text of [
    '',
    '.',
    '..',
    'x',
    `${header}.${claims}`,
    `${genuine}.`,
    `${genuine}.x`,
    `${genuine}=`,
    `${header}.${claims}.${signature?.slice(1)}`,
    `${header}.${signature}.${claims}`,
  ]) {
    assert.equal(await verify(text), null, text);
  }
});

test('only the canonical base64url form of the last character is accepted', async (t) => {
  const { verify, genuine } = await openTokens(t);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const good: string[] = [];
  for (const last of alphabet) {
    const token = genuine.slice(0, -1) + last;
    if (await verify(token)) good.push(token);
  }
  assert.deepEqual(good, [genuine]);
});

test('a signature is checked once; when the cache is full, the oldest entry goes', async (t) => {
  const { sign, verify } = await openTokens(t, { maxRemembered: 2 });
  const checks = countChecks(t);
  const [one, two, three] = [await sign(), await sign(), await sign()];
  for (const token of [one, two, one, two, one]) assert.ok(await verify(token));
  assert.equal(checks(), 2);
  assert.ok(await verify(three), 'two is evicted');
  assert.ok(await verify(one));
  assert.equal(checks(), 3);
  assert.ok(await verify(two));
  assert.equal(checks(), 4);
});

test('a forged token is checked each time and never cached', async (t) => {
  const { verify, forge } = await openTokens(t);
  const checks = countChecks(t);
  const forged = forge({ key: 'attacker' });
  for (const count of [1, 2]) {
    assert.equal(await verify(forged), null);
    assert.equal(checks(), count);
  }
});
