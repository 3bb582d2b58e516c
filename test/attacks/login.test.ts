import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { adminRealm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import {
  newRegistration,
  seedSessions,
  signedInAdmin,
  signedInUser,
  signIn,
} from '../factories.ts';
import { refreshed, signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';

test("C08 the same credentials in both realms open each realm's own account only", async (t) => {
  const service = await createTestApp(t);
  const pair = newRegistration({ username: 'same.name', email: 'same@example.com' });
  const user = await signedInUser(service, pair);
  const admin = await signedInAdmin(service, pair);
  assert.notEqual(user.id, admin.id);

  assert.equal(decodeJwt(user.accessToken).kind, 'user');
  assert.equal(decodeJwt(admin.accessToken).kind, 'admin');
  for (const [realm, stranger] of [
    [userRealm, admin],
    [adminRealm, user],
  ] as const) {
    assert.equal(await statusOfMe(service.api, realm, stranger.accessToken), 403);
    const body = { refresh_token: stranger.refreshToken };
    assertStatus(await service.api.post(`${realm.path}/refresh`, body), 401);
    assertStatus(await service.api.post(`${realm.path}/logout`, body), 401);
  }
  await refreshed(service.api, userRealm, user.refreshToken);
  await refreshed(service.api, adminRealm, admin.refreshToken);
});

for (const [realm, other] of [
  [userRealm, adminRealm],
  [adminRealm, userRealm],
] as const) {
  test(`C08 ${realm.kind} credentials do not open the other realm, by username or e-mail`, async (t) => {
    const service = await createTestApp(t);
    const { username, email, password } = await signedInTo(service, realm);
    for (const credentials of [{ username }, { email }, { username: email }]) {
      const answer = await service.api.post(`${other.path}/login`, { ...credentials, password });
      assertStatus(answer, 401);
      assert.equal(answer.body.message, 'Invalid username or password');
    }
    const here = await service.api.post(`${realm.path}/login`, { username, password });
    assertStatus(here, 200);
  });

  test(`C08 ${realm.kind}: a new password does not affect the other realm's namesake`, async (t) => {
    const service = await createTestApp(t);
    const pair = newRegistration({ username: 'same.name', email: 'same@example.com' });
    const accounts = {
      user: await signedInUser(service, pair),
      admin: await signedInAdmin(service, pair),
    };
    const changed = await service.api.post(
      `${realm.path}/change-password`,
      { current_password: pair.password, new_password: 'granite lantern 41 willow' },
      { token: accounts[realm.kind].accessToken },
    );
    assertStatus(changed, 200);
    assert.equal(await statusOfMe(service.api, other, accounts[other.kind].accessToken), 200);
    await signIn(service, other, pair);
    const { username, password } = pair;
    assertStatus(await service.api.post(`${realm.path}/login`, { username, password }), 401);
  });
}

for (const realm of realms) {
  test(`C09 ${realm.kind}: each login opens its own session and leaves the others alone`, async (t) => {
    const service = await createTestApp(t);
    const first = await signedInTo(service, realm);
    const second = await signIn(service, realm, first);
    const claims = [decodeJwt(first.accessToken), decodeJwt(second.accessToken)];
    for (const name of ['sid', 'jti']) {
      assert.match(String(claims[0]?.[name]), /^[0-9a-f-]{36}$/);
      assert.notEqual(claims[0]?.[name], claims[1]?.[name]);
    }
    assert.notEqual(first.refreshToken, second.refreshToken);
    for (const { accessToken } of [first, second]) {
      assert.equal(await statusOfMe(service.api, realm, accessToken), 200);
    }
    await refreshed(service.api, realm, first.refreshToken);
  });
}

test('C09 sessions of other accounts and ended sessions do not count', async (t) => {
  const service = await createTestApp(t);
  const pair = newRegistration({ username: 'same.name', email: 'same@example.com' });
  const user = await signedInUser(service, pair);
  const admin = await signedInAdmin(service, pair);
  await seedSessions(service, adminRealm, admin.id, 25);
  const ended = await seedSessions(service, userRealm, user.id, 50);
  await service.db
    .updateTable('sessions')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', 'in', ended)
    .execute();
  await signIn(service, userRealm, user);
  assert.equal(await statusOfMe(service.api, userRealm, user.accessToken), 200);
  assert.equal(await statusOfMe(service.api, adminRealm, admin.accessToken), 200);
});

for (const { kind, path } of realms) {
  test(`C10 ${kind}: credentials are read from a JSON body only, and never logged`, async (t) => {
    const service = await createTestApp(t, { LOG_LEVEL: 'debug' });
    const account = kind === 'user' ? await signedInUser(service) : await signedInAdmin(service);
    const { username, password } = account;
    const query = new URLSearchParams({ username, password }).toString();

    const read = await service.api.get(`${path}/login?${query}`);
    assertStatus(read, 405);
    assert.match(String(read.headers.allow), /\bPOST\b/);
    assert.doesNotMatch(String(read.headers.allow), /\bGET\b/);
    assertStatus(await service.api.post(`${path}/login?${query}`), 422);
    const inQuery = await service.api.post(`${path}/login?${query}`, {});
    assertStatus(inQuery, 422);
    assert.doesNotMatch(inQuery.text, new RegExp(username));

    const boundary = 'xxboundaryxx';
    const field = (name: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const multipart = `${field('username', username)}${field('password', password)}--${boundary}--\r\n`;
    const json = JSON.stringify({ username, password });
    const bodies: [contentType: string, body: string][] = [
      ['application/x-www-form-urlencoded', query],
      [`multipart/form-data; boundary=${boundary}`, multipart],
      ['text/plain', json],
      ['application/json-patch+json', json],
      ['text/json', json],
    ];
    for (const [contentType, rawBody] of bodies) {
      const headers = { 'content-type': contentType };
      const answer = await service.api.post(`${path}/login`, undefined, { headers, rawBody });
      assertStatus(answer, 415);
    }
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const byHeader = await service.api.post(
      `${path}/login`,
      {},
      { headers: { authorization: basic } },
    );
    assertStatus(byHeader, 422);

    const logs = service.logs();
    assert.match(logs, /Request completed: POST \S+\/login/);
    for (const secret of [
      username,
      account.email,
      password,
      encodeURIComponent(password),
      query,
      basic,
    ]) {
      assert.ok(!logs.includes(secret), secret);
    }
    assert.ok(!logs.includes('?'), 'no query string is logged');
    assertStatus(await service.api.post(`${path}/login`, { username, password }), 200);
  });
}
