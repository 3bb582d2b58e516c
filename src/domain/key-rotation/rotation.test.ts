import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { forgeToken } from '../../../test/forged-token.ts';
import { refreshed, statusOfMe } from '../../../test/session-calls.ts';
import { keysOf, kidOf, startWith } from '../../../test/signing-key-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { durations } from '../../platform/durations.ts';
import { createAccessTokens } from '../access-tokens/access-token.ts';
import { adminRealm, userRealm } from '../realms/realms.ts';
import { rotateSigningKeys, rotateWhenDue } from './rotate-signing-keys.ts';

async function publishedKids({ api, deps }: TestApp): Promise<string[]> {
  await deps.signingKeys.reload();
  const { body } = await api.get('/.well-known/jwks.json');
  return body.keys.map(({ kid }: { kid: string }) => kid).toSorted();
}

async function countRotations({ db }: TestApp): Promise<number> {
  const query = db.selectFrom('audit_events').select('id');
  return (await query.where('event', '=', 'signing_key_rotated').execute()).length;
}

test('processes that start together on a new database make one key and the next', async (t) => {
  const service = await createTestApp(t);
  await service.db.deleteFrom('signing_keys').execute();
  const starts = Array.from({ length: 4 }, () => startWith(service, service.keys).prepare());
  await Promise.all(starts);
  const { current, retired, next } = await keysOf(service);
  assert.ok(current);
  assert.deepEqual([retired.length, next.length], [0, 1]);
});

test('a key is published for ten minutes before it signs, and for the life of a token after', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const before = await keysOf(service);
  assert.equal(kidOf(user.accessToken), before.current);
  const published = await publishedKids(service);
  assert.deepEqual(published, [before.current, ...before.next].toSorted());

  await sql`UPDATE signing_keys SET created_at = now()`.execute(service.db);
  await rotateSigningKeys(service.deps, { revokes: false });
  await service.clock.advance(590);
  const early = await refreshed(service.api, userRealm, user.refreshToken);
  assert.equal(kidOf(early.accessToken), before.current);
  await service.clock.advance(20);
  const late = await refreshed(service.api, userRealm, early.refreshToken);
  assert.equal(kidOf(late.accessToken), before.next[0]);
  for (const { accessToken } of [early, late])
    assert.equal(await statusOfMe(service.api, userRealm, accessToken), 200);

  await service.clock.advance(durations.minutes(60));
  await service.tidyUp();
  assert.ok((await publishedKids(service)).includes(before.current));
  await service.clock.advance(durations.minutes(2));
  await service.tidyUp();
  const after = await keysOf(service);
  assert.deepEqual(await publishedKids(service), [after.current, ...after.next].toSorted());
  assert.equal(after.current, before.next[0]);
});

test('a key is rotated after its days, by one of several processes', async (t) => {
  const service = await createTestApp(t);
  const { next } = await keysOf(service);
  await service.clock.advance(durations.days(29));
  await rotateWhenDue(service.deps);
  assert.equal(await countRotations(service), 0);
  await service.clock.advance(durations.days(1) + 60);
  await Promise.all([1, 2, 3].map(() => rotateWhenDue(service.deps)));
  assert.equal(await countRotations(service), 1);
  assert.equal((await keysOf(service)).current, next[0]);
});

test('a revoked key opens nothing with the next request, in a process that does not know', async (t) => {
  const service = await createTestApp(t);
  const { accessToken, refreshToken } = await signedInUser(service);
  const admin = await signedInAdmin(service);
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 200);
  // As another process would: this one remembers the key, and the signature.
  await rotateSigningKeys(startWith(service, service.keys).deps, { revokes: true });
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 401);
  assert.equal(await statusOfMe(service.api, adminRealm, admin.accessToken), 401);
  const renewed = await refreshed(service.api, userRealm, refreshToken);
  assert.equal(kidOf(renewed.accessToken), (await keysOf(service)).current);
  assert.equal(await statusOfMe(service.api, userRealm, renewed.accessToken), 200);
});

test('a key revoked twice in a row leaves one that signs, made a moment ago', async (t) => {
  const service = await createTestApp(t);
  const { refreshToken } = await signedInUser(service);
  const other = startWith(service, service.keys).deps;
  const before = await keysOf(service);
  for (const _ of [1, 2]) assert.ok(await rotateSigningKeys(other, { revokes: true }));
  const renewed = await refreshed(service.api, userRealm, refreshToken);
  assert.ok(![before.current, ...before.next].includes(kidOf(renewed.accessToken)));
  assert.equal(await statusOfMe(service.api, userRealm, renewed.accessToken), 200);
});

test('a cached signature does not outlive its key', async (t) => {
  const service = await createTestApp(t);
  const { accessToken } = await signedInUser(service);
  const { accessTokens, signingKeys } = service.deps;
  assert.ok(await accessTokens.verify(accessToken));
  await rotateSigningKeys(service.deps, { revokes: true });
  await signingKeys.reload();
  assert.equal(await accessTokens.verify(accessToken), null);
});

test('another algorithm signs after ten minutes, and tokens of both are good', async (t) => {
  const service = await createTestApp(t);
  const { refreshToken, accessToken } = await signedInUser(service);
  const { prepare, deps } = startWith(service, service.keys, 'ES256');
  await prepare();
  const tokens = createAccessTokens(deps, () => service.clock.now());
  const early = await refreshed(service.api, userRealm, refreshToken);
  assert.equal(kidOf(early.accessToken), kidOf(accessToken));
  await service.clock.advance(601);
  const late = await refreshed(service.api, userRealm, early.refreshToken);
  const { current } = await keysOf(service);
  assert.equal(deps.signingKeys.find(current)?.algorithm, 'ES256');
  assert.equal(kidOf(late.accessToken), current);
  for (const token of [early.accessToken, late.accessToken]) assert.ok(await tokens.verify(token));
  assert.equal(await statusOfMe(service.api, userRealm, late.accessToken), 200);
});

test('a clock that is set back leaves a key that signs', async (t) => {
  const service = await createTestApp(t);
  const { refreshToken } = await signedInUser(service);
  const before = await keysOf(service);
  await service.clock.advance(-durations.days(2));
  const { accessToken } = await refreshed(service.api, userRealm, refreshToken);
  assert.equal(kidOf(accessToken), before.current);
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 200);
});

test('a key made a moment ago is known to a process that has just read the others', async (t) => {
  const service = await createTestApp(t);
  const { refreshToken } = await signedInUser(service);
  const [other, third] = [1, 2].map(() => startWith(service, service.keys).deps);
  assert.ok(other && third);
  await third.signingKeys.reload();
  for (const _ of [1, 2]) await rotateSigningKeys(other, { revokes: true });
  const { accessToken } = await refreshed(service.api, userRealm, refreshToken);
  assert.equal(third.signingKeys.find(kidOf(accessToken)), null);
  const accessTokens = createAccessTokens(third, () => service.clock.now());
  assert.ok(await accessTokens.verify(accessToken));
});

test('unknown key ids are looked up ten times a second at most', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const { accessToken } = await signedInUser(service);
  const before = service.statements().length;
  const began = performance.now();
  for (let round = 0; round < 3; round += 1) {
    const answers = Array.from({ length: 50 }, (_, count) => {
      const kid = `unknown-${round}-${count}`;
      const token = forgeToken(service, accessToken, { header: { kid } });
      return service.api.get('/api/users/me', { token });
    });
    for (const answer of await Promise.all(answers)) assertStatus(answer, 401);
  }
  const tenths = Math.ceil((performance.now() - began) / 100);
  const reads = service
    .statements()
    .slice(before)
    .filter((text) => text.includes('signing_keys'));
  assert.ok(reads.length <= tenths + 1, `${reads.length} in ${tenths} tenths of a second`);
});

test('metrics tell since when the key signs', async (t) => {
  const service = await createTestApp(t);
  const { text } = await service.api.get('/metrics');
  const [, since] = /^adl_signing_key_since_timestamp_seconds ([\d.e+]+)$/m.exec(text) ?? [];
  assert.ok(Math.abs(Number(since) - Date.now() / 1000) < 600, `${since}`);
});
