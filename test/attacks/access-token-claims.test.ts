import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, userRealm } from '../../src/domain/realms/realms.ts';
import { signedInAdmin, signedInUser, signIn } from '../factories.ts';
import { forgeToken, readToken } from '../forged-token.ts';
import { statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Re-signs a valid token with changed claims and returns the status it gets. */
async function claimsJudge(service: TestApp) {
  const user = await signedInUser(service);
  const send = (forgery: Parameters<typeof forgeToken>[2]) =>
    statusOfMe(service.api, userRealm, forgeToken(service, user.accessToken, forgery));
  assert.equal(await send({}), 200);
  return { user, statusWith: (claims: Record<string, unknown>) => send({ claims }), send };
}

test('E05 a token is valid from iat to exp, with 30 seconds of clock skew', async (t) => {
  const service = await createTestApp(t);
  const { statusWith, user } = await claimsJudge(service);
  const now = Math.floor(service.clock.now().getTime() / 1000);
  assert.equal(await statusWith({ iat: now - 900, exp: now - 20 }), 200);
  assert.equal(await statusWith({ iat: now + 20, exp: now + 920 }), 200);
  for (const [iat, exp] of [
    [now - 960, now - 60],
    [now - 100, now - 60],
    [now - 4000, now + 900],
    [now - 86_400, now + 86_400],
    [now + 60, now + 960],
    [now + 86_400, now + 87_300],
    [now, now - 900],
  ] as const) {
    assert.equal(
      await statusWith({ iat, exp }),
      401,
      `issued at ${iat - now}, expires at ${exp - now}`,
    );
  }
  assert.equal(await statusWith({ nbf: now - 1 }), 200);
  for (const nbf of [now + 600, now + 86_400, 'now', null, [now]]) {
    assert.equal(await statusWith({ nbf }), 401, `not before ${JSON.stringify(nbf)}`);
  }

  await service.clock.advance(890);
  assert.equal(await statusOfMe(service.api, userRealm, user.accessToken), 200);
  await service.clock.advance(60);
  assert.equal(
    await statusOfMe(service.api, userRealm, user.accessToken),
    401,
    'even though it was accepted before',
  );
  const again = await signIn(service, userRealm, user);
  assert.equal(await statusOfMe(service.api, userRealm, again.accessToken), 200);
});

test('E05 iat and exp are required and must be whole numbers', async (t) => {
  const service = await createTestApp(t);
  const { statusWith, send, user } = await claimsJudge(service);
  const { claims } = readToken(user.accessToken);
  for (const name of ['exp', 'iat']) {
    const odd = [
      undefined,
      null,
      '9999999999',
      '',
      -1,
      0,
      true,
      {},
      [claims[name]],
      [],
      Number(claims[name]) + 0.5,
    ];
    for (const value of odd) {
      assert.equal(await statusWith({ [name]: value }), 401, `${name} ${JSON.stringify(value)}`);
    }
    for (const raw of ['1e400', '-1e400', '1e-3', '9e99']) {
      const rawClaims = JSON.stringify({ ...claims, [name]: 0 }).replace(
        `"${name}":0`,
        `"${name}":${raw}`,
      );
      assert.match(rawClaims, new RegExp(`"${name}":${raw.replace('-', '\\-')}`));
      assert.equal(await send({ rawClaims }), 401, `${name} ${raw}`);
    }
  }
});

test('E05 a token signed for years expires at its maximum age, even if cached', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const now = Math.floor(service.clock.now().getTime() / 1000);
  const token = forgeToken(service, user.accessToken, { claims: { exp: now + 365 * 86_400 } });
  await statusOfMe(service.api, userRealm, token);
  await service.clock.advance(1000);
  assert.equal(await statusOfMe(service.api, userRealm, token), 401);
});

test('E06 iss and aud must match exactly', async (t) => {
  const service = await createTestApp(t);
  const { statusWith } = await claimsJudge(service);
  const genuine = { iss: service.config.publicUrl, aud: 'adl-api' };
  for (const [name, ours] of Object.entries(genuine)) {
    const near = [
      `${ours} `,
      ` ${ours}`,
      `${ours}x`,
      `x${ours}`,
      ours.slice(0, -1),
      ours.toUpperCase(),
      `${ours}\n`,
    ];
    const addresses = [
      `https://${ours}`,
      `${ours}.evil.example`,
      `${ours}/`,
      `${ours},evil`,
      'evil',
      '',
    ];
    for (const value of [...near, ...addresses, undefined, null, true, 0, {}, { 0: ours }, []]) {
      assert.equal(await statusWith({ [name]: value }), 401, `${name} ${JSON.stringify(value)}`);
    }
  }
  assert.equal(await statusWith({ iss: 'adl' }), 401, 'of earlier releases');
  for (const iss of [[genuine.iss, 'evil'], ['evil', genuine.iss], [genuine.iss]]) {
    assert.equal(await statusWith({ iss }), 401, `iss ${JSON.stringify(iss)}`);
  }
  for (const aud of [['evil'], ['ADL-API', 'evil'], [['adl-api']]]) {
    assert.equal(await statusWith({ aud }), 401, `aud ${JSON.stringify(aud)}`);
  }
  assert.equal(await statusWith({ iss: genuine.aud, aud: genuine.iss }), 401);
});

test('E06 sub, realm, session and jti are valid and belong together', async (t) => {
  const service = await createTestApp(t);
  const { statusWith, user } = await claimsJudge(service);
  const other = readToken((await signedInUser(service)).accessToken).claims;
  const admin = readToken((await signedInAdmin(service)).accessToken).claims;
  const own = readToken(user.accessToken).claims;
  for (const name of ['sub', 'kind', 'sid', 'jti']) {
    for (const value of [
      undefined,
      null,
      '',
      'x',
      1,
      [own[name]],
      {},
      "' OR 1=1 --",
      '\u0000',
      '*',
      '%',
    ]) {
      assert.equal(await statusWith({ [name]: value }), 401, `${name} ${JSON.stringify(value)}`);
    }
  }
  assert.equal(await statusWith({ sid: other.sid }), 401, "another user's session");
  assert.equal(await statusWith({ sub: other.sub }), 401, 'another user in this session');
  assert.equal(await statusWith({ sid: admin.sid }), 401, "an admin's session");
  assert.equal(
    await statusWith({ sub: admin.sub, sid: admin.sid }),
    401,
    'an admin token for a user',
  );
  for (const kind of ['superadmin', 'Admin', 'users', 'admins', 'user ', ['user', 'admin']]) {
    assert.equal(await statusWith({ kind }), 401, `kind ${JSON.stringify(kind)}`);
  }
  assert.equal(await statusWith({ kind: 'admin' }), 403);
  const asAdmin = forgeToken(service, user.accessToken, {
    claims: { kind: 'admin', is_superadmin: true },
  });
  assert.equal(
    await statusOfMe(service.api, adminRealm, asAdmin),
    401,
    'a user token for an admin',
  );
});
