import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { signedInUser } from '../factories.ts';
import { assertRefused, refresh, refreshed, statusOfMe } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';

test('a token whose session was deleted is invalid', async (t) => {
  const service = await createTestApp(t);
  const { api, db } = service;
  const { refreshToken } = await signedInUser(service);
  await db.deleteFrom('sessions').execute();
  assertRefused(await refresh(api, userRealm, refreshToken), 'invalid_refresh_token');
});

test('after a database restore a newer token is no theft, and the older one works', async (t) => {
  const service = await createTestApp(t);
  const { api, db } = service;
  const first = await signedInUser(service);
  const backup = await db.selectFrom('sessions').selectAll().executeTakeFirstOrThrow();
  const second = await refreshed(api, userRealm, first.refreshToken);
  const third = await refreshed(api, userRealm, second.refreshToken);
  await db.updateTable('sessions').set(backup).execute();
  for (const newer of [second, third])
    assertRefused(await refresh(api, userRealm, newer.refreshToken), 'invalid_refresh_token');
  assert.equal(await statusOfMe(api, userRealm, first.accessToken), 200);
  await refreshed(api, userRealm, first.refreshToken);
});

test('a token of the current generation that is not the current one ends nothing', async (t) => {
  const service = await createTestApp(t);
  const { api, db } = service;
  const { refreshToken, accessToken } = await signedInUser(service);
  await db
    .updateTable('sessions')
    .set({ current_hash: randomBytes(32) })
    .execute();
  assertRefused(await refresh(api, userRealm, refreshToken), 'invalid_refresh_token');
  assert.equal(await statusOfMe(api, userRealm, accessToken), 200);
});

for (const [what, previous_hash] of [
  ['another hash', randomBytes(32)],
  ['no hash', null],
] as const) {
  test(`a previous-generation token that is not the parent (${what}) was stolen`, async (t) => {
    const service = await createTestApp(t);
    const { api, db } = service;
    const first = await signedInUser(service);
    const second = await refreshed(api, userRealm, first.refreshToken);
    await db.updateTable('sessions').set({ previous_hash }).execute();
    assertRefused(await refresh(api, userRealm, first.refreshToken), 'refresh_token_reused');
    assert.equal(await statusOfMe(api, userRealm, second.accessToken), 401);
  });
}

test('a clock set back never repeats an answer', async (t) => {
  const service = await createTestApp(t);
  const { api, db } = service;
  const first = await signedInUser(service);
  await refreshed(api, userRealm, first.refreshToken);
  const rotated_at = new Date(service.clock.now().getTime() + 3_600_000);
  await db.updateTable('sessions').set({ rotated_at }).execute();
  assertRefused(await refresh(api, userRealm, first.refreshToken), 'refresh_token_rotated');
});
