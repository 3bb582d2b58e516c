import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { refreshSigningKeys } from '../../src/domain/key-rotation/prepare-signing-keys.ts';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { noteHmacTokens } from '../../src/domain/signing-keys/hmac-tokens.ts';
import { signedInUser } from '../factories.ts';
import { forgeToken, readToken } from '../forged-token.ts';
import { refreshed, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** As earlier releases signed it, now. */
function formerToken(service: TestApp, genuine: string): string {
  const { kid, jwt: key } = service.keys.current;
  const iat = Math.floor(service.clock.now().getTime() / 1000);
  const claims = { iss: 'adl', aud: 'adl-api', iat, exp: iat + 900 };
  return forgeToken(service, genuine, { header: { alg: 'HS256', kid }, claims, key });
}

test('after the upgrade a token of before is good until it has run out, and none later', async (t) => {
  const service = await createTestApp(t);
  const { accessToken } = await signedInUser(service);
  const former = formerToken(service, accessToken);
  assert.equal(await statusOfMe(service.api, userRealm, former), 401, 'never signed with it');
  await noteHmacTokens(service.db);
  await service.deps.signingKeys.reload();
  const status = (token: string) => statusOfMe(service.api, userRealm, token);
  assert.equal(await status(former), 200);

  await service.clock.advance(120);
  assert.equal(await status(former), 200);
  assert.equal(await status(formerToken(service, accessToken)), 401, 'signed after the upgrade');
  await service.clock.advance(800);
  assert.equal(await status(former), 200);
  await service.clock.advance(11);
  assert.equal(await status(former), 401);
});

/** A process of an older release shows that it runs. */
async function showOlder({ db }: TestApp): Promise<void> {
  await sql`
    INSERT INTO server_processes (id, host, pid, release, schema, seen_at)
    VALUES (gen_random_uuid(), 'host', 1, '1.0.0', '0013', now())`.execute(db);
}

test('while a process of an older release runs, it can read the tokens', async (t) => {
  const service = await createTestApp(t);
  t.after(() => sql`DELETE FROM server_processes`.execute(service.db));
  await showOlder(service);
  await refreshSigningKeys(service.deps);
  const user = await signedInUser(service);
  const { header, claims } = readToken(user.accessToken);
  assert.deepEqual(header, { alg: 'HS256', typ: 'at+jwt', kid: service.keys.current.kid });
  assert.deepEqual([claims.iss, claims.aud], ['adl', 'adl-api']);

  // It has not shown itself for half a minute: the last of its tokens are still good.
  await service.clock.advance(31);
  const last = formerToken(service, user.accessToken);
  await refreshSigningKeys(service.deps);
  const renewed = await refreshed(service.api, userRealm, user.refreshToken);
  assert.equal(readToken(renewed.accessToken).header.alg, 'EdDSA');
  for (const token of [user.accessToken, last, renewed.accessToken])
    assert.equal(await statusOfMe(service.api, userRealm, token), 200);
  await service.clock.advance(120);
  const later = formerToken(service, user.accessToken);
  assert.equal(await statusOfMe(service.api, userRealm, later), 401);
});

test('HS256 can be kept by configuration, with the address as issuer', async (t) => {
  const service = await createTestApp(t, { ACCESS_TOKEN_ALGORITHM: 'HS256' });
  const { accessToken } = await signedInUser(service);
  const { header, claims } = readToken(accessToken);
  assert.equal(header.alg, 'HS256');
  assert.equal(claims.iss, service.config.publicUrl);
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 200);
  assert.equal((await service.api.get('/.well-known/jwks.json')).body.keys.length, 2);
});
