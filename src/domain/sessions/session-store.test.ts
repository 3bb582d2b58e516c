import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { type SignedIn, signIn } from '../../../test/factories.ts';
import { assertRefused, refresh, refreshed, signedInTo } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { durations } from '../../platform/durations.ts';
import { adminRealm, type Realm, realms, userRealm } from '../realms/realms.ts';
import { endAllSessions } from '../revocation/end-all-sessions.ts';
import { hasSignedInFrom } from './session-store.ts';

const someId = '01890a5d-ac96-774b-bcce-b302099a8057';

/** The end reasons of an account's sessions, oldest first. */
async function reasons({ db }: TestApp, { id }: SignedIn): Promise<(string | null)[]> {
  const query = db.selectFrom('sessions').select('revoke_reason').where('subject_id', '=', id);
  return (await query.orderBy('id').execute()).map(({ revoke_reason }) => revoke_reason);
}

async function listedIds(
  { api }: TestApp,
  { path }: Realm,
  token: string,
): Promise<{ id: string; current: boolean }[]> {
  return (await api.get(`${path}/me/sessions`, { token })).body.items;
}

for (const realm of realms) {
  const { kind, path } = realm;

  test(`${kind}: the reason why a session ended is recorded once`, async (t) => {
    const service = await createTestApp(t);
    const { api } = service;
    const account = await signedInTo(service, realm);
    const [byToken, byId, stolen, last] = [
      await signIn(service, realm, account),
      await signIn(service, realm, account),
      await signIn(service, realm, account),
      await signIn(service, realm, account),
    ];
    assertStatus(await api.post(`${path}/logout`, { refresh_token: byToken.refreshToken }), 204);
    const own = (await listedIds(service, realm, byId.accessToken)).find(
      ({ current }) => current,
    )?.id;
    assertStatus(
      await api.request('DELETE', `${path}/me/sessions/${own}`, undefined, {
        token: last.accessToken,
      }),
      204,
    );
    await refreshed(api, realm, (await refreshed(api, realm, stolen.refreshToken)).refreshToken);
    assertRefused(await refresh(api, realm, stolen.refreshToken), 'refresh_token_reused');
    assertStatus(await api.post(`${path}/logout-all`, undefined, { token: last.accessToken }), 204);
    assertStatus(await api.post(`${path}/logout`, { refresh_token: last.refreshToken }), 204);
    const expected = [
      'logout_all',
      'logout',
      'session_revoked',
      'refresh_token_reused',
      'logout_all',
    ];
    assert.deepEqual(await reasons(service, account), expected);
    const events = await service.db
      .selectFrom('audit_events')
      .select(['event', 'subject_id', 'details'])
      .where('event', 'in', ['sign_out', 'session_revoked', 'refresh_token_reused'])
      .orderBy('id')
      .execute();
    const names = ['sign_out', 'session_revoked', 'refresh_token_reused'];
    assert.deepEqual(
      events.slice(0, 3).map(({ event }) => event),
      names,
    );
    for (const { subject_id, details } of events) {
      assert.equal(subject_id, account.id);
      assert.match(JSON.stringify(details), /^{"session_id":"[0-9a-f-]{36}"}$/);
    }
    assert.deepEqual(events[1]?.details, { session_id: own });
  });

  test(`${kind}: an address is known to the account that signed in there, for 30 days`, async (t) => {
    const service = await createTestApp(t);
    const { db, api, clock } = service;
    const account = await signedInTo(service, realm);
    const { username, password } = account;
    const login = await api.post(
      `${path}/login`,
      { username, password },
      { remoteAddress: '203.0.113.7' },
    );
    assertStatus(login, 200);
    const known = (ip: string, id = account.id, of = realm) => hasSignedInFrom(db, of, id, ip);
    assert.equal(await known('203.0.113.7'), true);
    assert.equal(await known('203.0.113.8'), false);
    assert.equal(await known('203.0.113.7', someId), false);
    assert.equal(
      await known('203.0.113.7', account.id, kind === 'user' ? adminRealm : userRealm),
      false,
    );
    await clock.advance(durations.days(30) - 60);
    assert.equal(await known('203.0.113.7'), true);
    await clock.advance(60);
    assert.equal(await known('203.0.113.7'), false);
  });

  test(`${kind}: ending the sessions of an unknown account records nothing`, async (t) => {
    const service = await createTestApp(t);
    const actor = { kind, id: someId };
    const ending = { change: 'admin_revoked', event: 'session_revoked', actor } as const;
    assert.equal(await endAllSessions(service, realm, someId, ending), false);
    assert.deepEqual(await service.db.selectFrom('audit_events').select('event').execute(), []);
  });
}

test('a logout with a foreign token is refused as invalid_refresh_token', async (t) => {
  const { api } = await createTestApp(t);
  const answer = await api.post('/api/users/logout', { refresh_token: 'r1.x' });
  assertRefused(answer, 'invalid_refresh_token');
});
