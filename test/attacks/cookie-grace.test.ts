import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import {
  cookieOf,
  login,
  openPage,
  type Page,
  publicUrl,
  sameOrigin,
  send,
  withCookie,
} from '../cookie-page.ts';
import { goodPassword, signIn } from '../factories.ts';
import { assertRefused, refresh, refreshed, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { onPostgres } from '../test-database.ts';

const https = { PUBLIC_URL: publicUrl };
const firefox = {
  ...sameOrigin,
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0',
};
// The embedded engine runs transactions one after the other.
const rounds = onPostgres ? 5 : 2;
const parallel = 20;

/**
 * A page that has signed in and refreshed once: `parent` set the used cookie, `child` the current
 * one.
 */
async function refreshedPage(service: TestApp, realm = userRealm) {
  const page = await openPage(service, realm);
  const parent = await login(page, firefox);
  assertStatus(parent, 200);
  const child = await send(page, 'refresh', withCookie(parent, firefox));
  assertStatus(child, 200);
  return { page, parent, child };
}

/** What a tab that still has the old cookie does. */
function refreshAgain(
  page: Page,
  parent: Answer,
  headers: Record<string, string> = firefox,
): Promise<Answer> {
  return send(page, 'refresh', withCookie(parent, headers));
}

/** No tokens are issued and the session survives: the tab with the new cookie carries on. */
async function assertNoGrace(answer: Answer, page: Page, child: Answer): Promise<void> {
  assertRefused(answer, 'refresh_token_rotated');
  assert.equal(cookieOf(answer), null);
  assertStatus(await refreshAgain(page, child), 200);
}

for (const realm of realms) {
  test(`${realm.kind}: two tabs that refresh independently both stay signed in`, async (t) => {
    const { page, parent, child } = await refreshedPage(await createTestApp(t, https), realm);
    await page.service.clock.advance(9);
    const other = await refreshAgain(page, parent);
    assertStatus(other, 200);
    assert.deepEqual(cookieOf(other), cookieOf(child));
    assert.equal(other.body.refresh_token, undefined);
    assert.notEqual(other.body.access_token, child.body.access_token);
    for (const { body } of [child, other]) {
      assert.equal(await statusOfMe(page.service.api, realm, body.access_token), 200);
    }
    assertStatus(await refreshAgain(page, other), 200);
  });

  test(`F03 ${realm.kind}: twenty tabs at once all get the same single successor`, async (t) => {
    const service = await createTestApp(t, https);
    const page = await openPage(service, realm);
    let current = await login(page, firefox);
    for (let round = 1; round <= rounds; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: parallel }, () => send(page, 'refresh', withCookie(current, firefox))),
      );
      for (const answer of answers) assertStatus(answer, 200);
      const values = new Set(answers.map((answer) => cookieOf(answer)?.value));
      assert.equal(values.size, 1);
      assert.ok(!values.has(cookieOf(current)?.value));
      current = answers[0] as Answer;
      const steps = service.db
        .selectFrom('sessions')
        .select('generation')
        .orderBy('generation', 'desc');
      assert.equal((await steps.executeTakeFirst())?.generation, round);
    }
    assertStatus(await refreshAgain(page, current), 200);
  });
}

test('the old cookie works for 10 seconds, is a race until 30, and a theft after', async (t) => {
  const { page, parent, child } = await refreshedPage(await createTestApp(t, https));
  const { clock } = page.service;
  await clock.advance(10);
  const late = await refreshAgain(page, parent);
  assertRefused(late, 'refresh_token_rotated');
  assert.equal(cookieOf(late), null);
  await clock.advance(21);
  const reused = await refreshAgain(page, parent);
  assertRefused(reused, 'refresh_token_reused');
  assert.equal(cookieOf(reused)?.maxAge, 0);
  assertRefused(await refreshAgain(page, child), 'invalid_refresh_token');
});

test('COOKIE_REFRESH_GRACE_SECONDS sets the grace period, and 0 disables it', async (t) => {
  const long = await refreshedPage(
    await createTestApp(t, {
      ...https,
      COOKIE_REFRESH_GRACE_SECONDS: '60',
      REFRESH_RACE_WINDOW_SECONDS: '0',
    }),
  );
  await long.page.service.clock.advance(59);
  assertStatus(await refreshAgain(long.page, long.parent), 200);
  const none = await refreshedPage(
    await createTestApp(t, { ...https, COOKIE_REFRESH_GRACE_SECONDS: '0' }),
  );
  await assertNoGrace(await refreshAgain(none.page, none.parent), none.page, none.child);
});

test('the old cookie is refused with another user agent or none', async (t) => {
  for (const other of ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.1', '']) {
    const { page, parent, child } = await refreshedPage(await createTestApp(t, https));
    const answer = await refreshAgain(page, parent, { ...sameOrigin, 'user-agent': other });
    await assertNoGrace(answer, page, child);
  }
});

test('the old cookie is refused from another network, not from the same IPv6 network', async (t) => {
  const service = await createTestApp(t, { ...https, RATE_LIMIT_IPV6_PREFIX: '56' });
  const page = await openPage(service, userRealm);
  const from = (remoteAddress: string, cookie: Answer) =>
    send(page, 'refresh', withCookie(cookie, firefox), { remoteAddress });
  const parent = await login(page, firefox);
  const child = await from('2001:db8:0:700::1', parent);
  assertStatus(child, 200);
  assertStatus(await from('2001:db8:0:7ff::2', parent), 200);
  for (const other of ['2001:db8:0:800::1', '203.0.113.1']) {
    assertRefused(await from(other, parent), 'refresh_token_rotated');
  }
  assertStatus(await from('203.0.113.1', child), 200);
});

test('the grace applies to the client that rotated last only', async (t) => {
  const { page, child } = await refreshedPage(await createTestApp(t, https));
  const elsewhere = { ...sameOrigin, 'user-agent': 'curl/8.0' };
  const grandchild = await refreshAgain(page, child, elsewhere);
  assertStatus(grandchild, 200);
  await assertNoGrace(await refreshAgain(page, child), page, grandchild);
});

test('the grace applies to cookies only, never to bearer refresh tokens', async (t) => {
  const service = await createTestApp(t, https);
  const { api } = service;
  const asCookie = (value: string) => ({ cookie: `__Host-adl_user=${value}` });
  const page = await openPage(service, userRealm);

  const bearer = page.account.refreshToken;
  const asBearer = (token: string) =>
    api.post('/api/users/refresh', { refresh_token: token }, { headers: firefox });
  const first = await asBearer(bearer);
  assertStatus(first, 200);
  assertRefused(await asBearer(bearer), 'refresh_token_rotated');
  const crossed = await send(page, 'refresh', { ...asCookie(bearer), ...firefox });
  assertRefused(crossed, 'refresh_token_rotated');

  const child = await send(page, 'refresh', { ...asCookie(first.body.refresh_token), ...firefox });
  assertStatus(child, 200);
  assertRefused(await asBearer(first.body.refresh_token), 'refresh_token_rotated');
  // A bearer rotation clears what the previous rotation stored for matching.
  const last = await asBearer(cookieOf(child)?.value ?? '');
  assertStatus(last, 200);
  assertRefused(await refreshAgain(page, child), 'refresh_token_rotated');
  await refreshed(api, userRealm, last.body.refresh_token);
});

test('I3 a token two rotations old ends the session even within the grace', async (t) => {
  const { page, parent, child } = await refreshedPage(await createTestApp(t, https));
  const grandchild = await refreshAgain(page, child);
  assertStatus(grandchild, 200);
  const reused = await refreshAgain(page, parent);
  assertRefused(reused, 'refresh_token_reused');
  assert.equal(cookieOf(reused)?.maxAge, 0);
  for (const dead of [child, grandchild])
    assertRefused(await refreshAgain(page, dead), 'invalid_refresh_token');
  assert.equal(await statusOfMe(page.service.api, userRealm, grandchild.body.access_token), 401);
});

test('the old cookie is refused within the grace once the session has ended', async (t) => {
  const service = await createTestApp(t, https);
  const { api, db } = service;
  type Ending = (page: Page, ids: { token: string; other: string }) => Promise<unknown>;
  const endings: Record<string, Ending> = {
    'sign-out everywhere': (_page, { token }) =>
      api.post('/api/users/logout-all', undefined, { token }),
    'revocation from another device': async (_page, { other }) => {
      const { body } = await api.get('/api/users/me/sessions', { token: other });
      for (const { id, current } of body.items) {
        if (!current)
          await api.request('DELETE', `/api/users/me/sessions/${id}`, undefined, { token: other });
      }
    },
    'a password change on another device': (_page, { other }) =>
      api.post(
        '/api/users/change-password',
        { current_password: goodPassword, new_password: 'granite lantern 41 willow' },
        { token: other },
      ),
    'a deactivated account': ({ account }) =>
      db.updateTable('users').set({ is_active: false }).where('id', '=', account.id).execute(),
  };
  for (const [how, end] of Object.entries(endings)) {
    const { page, parent, child } = await refreshedPage(service);
    const other = await signIn(service, userRealm, page.account);
    await end(page, { token: child.body.access_token, other: other.accessToken });
    for (const dead of [parent, child]) {
      const answer = await refreshAgain(page, dead);
      assert.equal(answer.body.details?.reason, 'invalid_refresh_token', how);
      assert.equal(cookieOf(answer)?.maxAge, 0);
    }
  }
});

test('a sign-out with the old cookie within the grace ends the session', async (t) => {
  const { page, parent, child } = await refreshedPage(await createTestApp(t, https));
  const left = await send(page, 'logout', withCookie(parent, firefox));
  assertStatus(left, 204);
  assert.equal(cookieOf(left)?.maxAge, 0);
  for (const dead of [parent, child])
    assertRefused(await refreshAgain(page, dead), 'invalid_refresh_token');
  assert.equal(await statusOfMe(page.service.api, userRealm, child.body.access_token), 401);
});

test('a database clock that steps back does not extend the grace', async (t) => {
  for (const overrides of [https, { ...https, REFRESH_GRACE_SECONDS: '20' }]) {
    const { page, parent, child } = await refreshedPage(await createTestApp(t, overrides));
    await page.service.clock.advance(-5);
    await assertNoGrace(await refreshAgain(page, parent), page, child);
  }
});

test('a token rotated before the upgrade, or by an old release since, gets no grace', async (t) => {
  const { page, parent, child } = await refreshedPage(await createTestApp(t, https));
  const { db } = page.service;
  const digests = db
    .selectFrom('sessions')
    .select('rotated_by_hash')
    .where('rotated_at', 'is not', null);
  const { rotated_by_hash } = await digests.executeTakeFirstOrThrow();
  await db.updateTable('sessions').set({ rotated_by_hash: null }).execute();
  assertRefused(await refreshAgain(page, parent), 'refresh_token_rotated');

  const grandchild = await refreshAgain(page, child);
  assertStatus(grandchild, 200);
  // The old release rotates without updating this column.
  await db.updateTable('sessions').set({ rotated_by_hash }).execute();
  await assertNoGrace(await refreshAgain(page, child), page, grandchild);
});

test('a retired key gives no successor, within the grace or not', async (t) => {
  const { page, parent } = await refreshedPage(await createTestApp(t, https));
  await page.service.db.updateTable('sessions').set({ key_id: 'retired' }).execute();
  assertRefused(await refreshAgain(page, parent), 'refresh_token_rotated');
});

test("sessions store the rotating client's address and user agent only as a digest", async (t) => {
  const { page } = await refreshedPage(await createTestApp(t, https));
  const rows = await page.service.db.selectFrom('sessions').selectAll().execute();
  const digests = rows.flatMap(({ rotated_by_hash }) =>
    rotated_by_hash === null ? [] : [rotated_by_hash],
  );
  assert.deepEqual(
    digests.map(({ length }) => length),
    [32],
  );
  assert.equal((await refresh(page.service.api, userRealm, page.account.refreshToken)).status, 200);
});
