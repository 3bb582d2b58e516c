import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { seedSessions, signIn } from '../../../test/factories.ts';
import {
  assertRefused,
  refresh,
  refreshed,
  signedInTo,
  statusOfMe,
} from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { adminRealm, realms, userRealm } from '../../domain/realms/realms.ts';

type Listed = { id: string; current: boolean; last_used_at: string };

const someId = '01890a5d-ac96-774b-bcce-b302099a8057';

for (const realm of realms) {
  const { kind, path } = realm;

  test(`${kind}: the list shows origin and times of sessions and marks the current one`, async (t) => {
    const test = await createTestApp(t);
    const { api, clock } = test;
    const { username, email, password } = await signedInTo(test, realm);
    await clock.advance(100);
    const login = await api.post(
      `${path}/login`,
      { username, password },
      { headers: { 'user-agent': `Browser\xff ${'x'.repeat(400)}` }, remoteAddress: '203.0.113.7' },
    );
    assertStatus(login, 200);
    await clock.advance(100);
    const { accessToken } = await refreshed(api, realm, login.body.refresh_token);
    const last = await signIn(test, realm, { username, email, password });

    const answer = await api.get(`${path}/me/sessions`, { token: accessToken });
    assertStatus(answer, 200);
    const { items } = answer.body;
    assert.equal(items.length, 3);
    const shown = ['id', 'created_at', 'last_used_at', 'expires_at', 'ip', 'user_agent', 'current'];
    assert.deepEqual(Object.keys(items[0]), shown);
    const asking = items.filter(({ current }: Listed) => current);
    assert.equal(asking.length, 1);
    const [session] = asking;
    assert.equal(session.ip, '203.0.113.7');
    assert.equal(session.user_agent, `Browser? ${'x'.repeat(291)}`);
    const idleSeconds = kind === 'user' ? 7 * 24 * 3600 : 8 * 3600;
    assert.equal(
      Date.parse(session.expires_at) - Date.parse(session.last_used_at),
      idleSeconds * 1000,
    );
    assert.ok(Date.parse(session.last_used_at) - Date.parse(session.created_at) >= 100_000);

    const usedLast = items.map((item: Listed) => item.last_used_at);
    assert.deepEqual(usedLast, usedLast.toSorted().toReversed());
    const asked = await api.get(`${path}/me/sessions`, { token: last.accessToken });
    assert.equal(asked.body.items[0].current, true);
  });

  test(`${kind}: a session is revoked by its id, only once; the current one too`, async (t) => {
    const test = await createTestApp(t);
    const { api } = test;
    const own = await signedInTo(test, realm);
    const other = await signIn(test, realm, own);
    const list = await api.get(`${path}/me/sessions`, { token: own.accessToken });
    const ids = list.body.items as Listed[];
    const otherId = ids.find(({ current }) => !current)?.id ?? '';
    const ownId = ids.find(({ current }) => current)?.id ?? '';

    assertStatus(
      await api.delete(`${path}/me/sessions/${otherId}`, { token: own.accessToken }),
      204,
    );
    assert.equal(await statusOfMe(api, realm, other.accessToken), 401);
    assertRefused(await refresh(api, realm, other.refreshToken), 'invalid_refresh_token');
    assertStatus(
      await api.delete(`${path}/me/sessions/${otherId}`, { token: own.accessToken }),
      404,
    );
    assertStatus(
      await api.delete(`${path}/me/sessions/${someId}`, { token: own.accessToken }),
      404,
    );
    const left = (await api.get(`${path}/me/sessions`, { token: own.accessToken })).body.items;
    assert.deepEqual(
      left.map(({ id }: Listed) => id),
      [ownId],
    );

    assertStatus(await api.delete(`${path}/me/sessions/${ownId}`, { token: own.accessToken }), 204);
    assert.equal(await statusOfMe(api, realm, own.accessToken), 401);
  });

  test(`${kind}: a session of another account or realm is 404`, async (t) => {
    const test = await createTestApp(t);
    const { api } = test;
    const caller = await signedInTo(test, realm);
    for (const realmOfOther of realms) {
      const other = await signedInTo(test, realmOfOther);
      const list = await api.get(`${realmOfOther.path}/me/sessions`, { token: other.accessToken });
      const [{ id }] = list.body.items;
      assertStatus(
        await api.delete(`${path}/me/sessions/${id}`, { token: caller.accessToken }),
        404,
      );
      assert.equal(await statusOfMe(api, realmOfOther, other.accessToken), 200);
    }
  });

  test(`${kind}: logout accepts a refresh token of any generation and is idempotent`, async (t) => {
    const test = await createTestApp(t);
    const { api } = test;
    const first = await signedInTo(test, realm);
    const bystander = await signIn(test, realm, first);
    const second = await refreshed(api, realm, first.refreshToken);
    const third = await refreshed(api, realm, second.refreshToken);
    for (const { refreshToken } of [first, first, third]) {
      const answer = await api.post(`${path}/logout`, { refresh_token: refreshToken });
      assertStatus(answer, 204);
      assert.equal(answer.text, '');
      assert.equal(await statusOfMe(api, realm, third.accessToken), 401);
    }
    assertRefused(await refresh(api, realm, third.refreshToken), 'invalid_refresh_token');
    assert.equal(await statusOfMe(api, realm, bystander.accessToken), 200);
  });

  test(`${kind}: logout-all ends all sessions of the caller and no others`, async (t) => {
    const test = await createTestApp(t);
    const { api } = test;
    const one = await signedInTo(test, realm);
    const two = await signIn(test, realm, one);
    const stranger = await signedInTo(test, realm);
    assertStatus(await api.post(`${path}/logout-all`, undefined, { token: two.accessToken }), 204);
    for (const { accessToken, refreshToken } of [one, two]) {
      assert.equal(await statusOfMe(api, realm, accessToken), 401);
      assertRefused(await refresh(api, realm, refreshToken), 'invalid_refresh_token');
    }
    assertStatus(await api.post(`${path}/logout-all`, undefined, { token: two.accessToken }), 401);
    assert.equal(await statusOfMe(api, realm, stranger.accessToken), 200);
    await signIn(test, realm, one);
  });

  test(`${kind}: the 51st session ends the one that has been idle longest`, async (t) => {
    const test = await createTestApp(t);
    const { api, clock } = test;
    const oldest = await signedInTo(test, realm);
    const stranger = await signedInTo(test, realm);
    await clock.advance(1);
    const idle = await signIn(test, realm, oldest);
    await seedSessions(test, realm, oldest.id, 48);
    await clock.advance(1);
    const used = await refreshed(api, realm, oldest.refreshToken);
    assert.equal(await statusOfMe(api, realm, idle.accessToken), 200);

    const newest = await signIn(test, realm, oldest);
    assert.equal(await statusOfMe(api, realm, idle.accessToken), 401);
    for (const { accessToken } of [used, newest, stranger]) {
      assert.equal(await statusOfMe(api, realm, accessToken), 200);
    }
    const { items } = (await api.get(`${path}/me/sessions`, { token: newest.accessToken })).body;
    assert.equal(items.length, 50);
    const ended = test.db
      .selectFrom('sessions')
      .select('revoke_reason')
      .where('revoked_at', 'is not', null);
    assert.deepEqual(await ended.execute(), [{ revoke_reason: 'session_limit' }]);
  });
}

test('an expired or revoked session is not listed', async (t) => {
  const test = await createTestApp(t);
  const { api, clock } = test;
  const idle = await signedInTo(test, adminRealm);
  await clock.advance(8 * 3600 - 60);
  const revoked = await signIn(test, adminRealm, idle);
  assertStatus(await api.post('/api/admins/logout', { refresh_token: revoked.refreshToken }), 204);
  await clock.advance(120);
  const live = await signIn(test, adminRealm, idle);
  const { items } = (await api.get('/api/admins/me/sessions', { token: live.accessToken })).body;
  assert.equal(items.length, 1);
  assert.equal(items[0].current, true);
});

test('a protected request reads session and account in one query', async (t) => {
  const test = await createTestApp(t);
  const { accessToken } = await signedInTo(test, userRealm);
  const before = test.statements().length;
  assert.equal(await statusOfMe(test.api, userRealm, accessToken), 200);
  assert.equal(test.statements().length, before + 1);
});

test('a successful refresh is one statement', async (t) => {
  const test = await createTestApp(t);
  const { refreshToken } = await signedInTo(test, userRealm);
  const before = test.statements().length;
  await refreshed(test.api, userRealm, refreshToken);
  assert.equal(test.statements().length, before + 1);
});
