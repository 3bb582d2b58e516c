import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import {
  goodPassword,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
  signIn,
} from '../../../test/factories.ts';
import { forgot } from '../../../test/reset-calls.ts';
import { assertRefused, refresh, refreshed } from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { realms, userRealm } from '../../domain/realms/realms.ts';

test('a password change notifies the owner, in both realms', async (t) => {
  const service = await createTestApp(t);
  const change = { current_password: goodPassword, new_password: 'meadow copper 77 drift' };
  const owners = [await signedInUser(service), await signedInAdmin(service)];
  for (const [index, realm] of realms.entries()) {
    const options = { token: owners[index]?.accessToken ?? '' };
    assertStatus(await service.api.post(`${realm.path}/change-password`, change, options), 200);
  }
  const notices = await service.mailbox.mails('password_changed');
  assert.deepEqual(
    notices.map(({ recipient }) => recipient),
    owners.map(({ email }) => email),
  );
});

test('a sign-in from a new place is notified once; the very first is not', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const from = async (remoteAddress: string, agent: string) => {
    const options = { remoteAddress, headers: { 'user-agent': agent } };
    const credentials = { username: user.username, password: user.password };
    assertStatus(await service.api.post('/api/users/login', credentials, options), 200);
    return (await service.mailbox.mails('new_sign_in')).length;
  };
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const newer = firefox.replaceAll('140', '141');
  assert.equal(await from('203.0.113.7', firefox), 1);
  assert.equal(
    await from('203.0.113.9', newer),
    1,
    'the same browser, updated, in the same network',
  );
  assert.equal(await from('198.51.100.7', firefox), 2, 'another network');
  const [notice] = await service.mailbox.mails('new_sign_in');
  assert.equal(notice?.recipient, user.email);
  assert.match(notice?.message?.text ?? '', /203\.0\.113\.7/);
  assert.match(notice?.message?.text ?? '', /Firefox/);
  assert.doesNotMatch(notice?.message?.text ?? '', /140|Gecko/);
});

test('replay of a stolen refresh token notifies the owner once', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const next = await refreshed(service.api, userRealm, user.refreshToken);
  await refreshed(service.api, userRealm, next.refreshToken);
  assertRefused(await refresh(service.api, userRealm, user.refreshToken), 'refresh_token_reused');
  assertRefused(await refresh(service.api, userRealm, user.refreshToken), 'invalid_refresh_token');
  assert.equal((await service.mailbox.mails('refresh_token_reused')).length, 1);
});

test('each kind of mail goes to one address at most three times an hour', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  let password = user.password;
  for (let count = 0; count < 5; count += 1) {
    const { accessToken: token } = await signIn(service, userRealm, { ...user, password });
    const next = `meadow copper ${count} drift`;
    const change = { current_password: password, new_password: next };
    assertStatus(await service.api.post('/api/users/change-password', change, { token }), 200);
    password = next;
  }
  assert.equal((await service.mailbox.mails('password_changed')).length, 3);
  await service.clock.advance(3601);
  const { accessToken: token } = await signIn(service, userRealm, { ...user, password });
  const change = { current_password: password, new_password: 'meadow copper 9 drift' };
  assertStatus(await service.api.post('/api/users/change-password', change, { token }), 200);
  assert.equal((await service.mailbox.mails('password_changed')).length, 4);
});

test('admins list mails, dead ones first, by page or cursor, without any link', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const users = [];
  for (let count = 0; count < 5; count += 1) users.push(await signedInUser(service));
  await service.mailbox.deliver();
  const dead = users[1]?.email ?? '';
  await service.db
    .updateTable('mails')
    .set({ status: 'dead', last_error: 'smtp 550 rcpt' })
    .where('recipient', '=', dead)
    .execute();
  assertStatus(await forgot(service.api, users[2]?.email ?? ''), 200);

  const all = await service.api.get('/api/admins/mails?page_size=100', { token });
  assertStatus(all, 200);
  assert.equal(all.body.total, 5);
  assert.equal(all.body.items[0].recipient, dead);
  assert.equal(all.body.items[0].last_error, 'smtp 550 rcpt');
  assert.doesNotMatch(all.text, /token|link_id/);

  const collected = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await service.api.get(`/api/admins/mails?page_size=2&cursor=${cursor}`, { token });
    assertStatus(page, 200);
    collected.push(...page.body.items);
    cursor = page.body.next_cursor;
  }
  assert.deepEqual(collected, all.body.items);
  const second = await service.api.get('/api/admins/mails?page_size=2&page=2', { token });
  assert.deepEqual(second.body.items, all.body.items.slice(2, 4));
  const chosen = await service.api.get('/api/admins/mails?status=dead', { token });
  assert.equal(chosen.body.total, 1);
  for (const query of ['status=x', 'cursor=x', 'page_size=101', 'cursor=WzksIngiXQ']) {
    assertStatus(await service.api.get(`/api/admins/mails?${query}`, { token }), 422);
  }
});

test('only a dead mail whose link is still valid can be requeued', async (t) => {
  const service = await createTestApp(t);
  const { api, db, mailbox } = service;
  const { accessToken: token } = await signedInAdmin(service);
  const user = await signedInUser(service);
  const [mail] = await mailbox.mails();
  const path = `/api/admins/mails/${mail?.id}/requeue`;
  const early = await api.post(path, undefined, { token });
  assertStatus(early, 409);
  assert.equal(early.body.details.reason, 'mail_not_dead');
  await db.updateTable('mails').set({ status: 'dead', last_error: 'smtp 550 rcpt' }).execute();
  const answers = await Promise.all([1, 2].map(() => api.post(path, undefined, { token })));
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((one, other) => one - other),
    [204, 409],
  );
  assert.equal(await mailbox.deliver(), 1);
  assert.equal((await mailbox.mails())[0]?.status, 'kept');
  assertStatus(
    await api.post('/api/users/verify-email', {
      token: await mailbox.token('email_verification', user.email),
    }),
    200,
  );

  await db.updateTable('mails').set({ status: 'dead' }).execute();
  const over = await api.post(path, undefined, { token });
  assertStatus(over, 409);
  assert.equal(over.body.details.reason, 'link_expired');
  const nobody = '01890a5d-ac96-774b-bcce-b302099a8057';
  assertStatus(await api.post(`/api/admins/mails/${nobody}/requeue`, undefined, { token }), 404);
});

test('the mailbox opens only to a local browser in development without SMTP', async (t) => {
  const service = await createTestApp(t, {
    ENVIRONMENT: 'development',
    SECRET_KEY: 'c2VjcmV0IG9mIGEgZGV2ZWxvcG1lbnQgc2VydmljZSwgZm9yIHRlc3Rz',
  });
  const user = await signedInUser(service, { fullName: '<img src=x onerror=alert(1)>' });
  await service.mailbox.deliver();
  assert.match(
    service.logs(),
    /Mail kept, not sent \(SMTP_HOST is not set\): http:\/\/localhost:8000\/app\/mailbox/,
  );
  const local = { headers: { host: 'localhost:8000' } };
  const page = await service.api.get('/app/mailbox', local);
  assertStatus(page, 200);
  assert.match(String(page.headers['content-type']), /^text\/html/);
  assert.match(
    String(page.headers['content-security-policy']),
    /default-src 'none'; script-src 'self'/,
  );
  assert.ok(page.text.includes(user.email));
  assert.match(page.text, /<a href="http:\/\/localhost:8000\/app\/verify-email#token=[\w-]{64}">/);
  assert.doesNotMatch(page.text, /<img/);
  const [frame = ''] = /\/app\/mailbox\/mails\/[\w-]+/.exec(page.text) ?? [];
  const arrived = await service.app.inject({ method: 'GET', url: frame, headers: local.headers });
  assert.match(
    String(arrived.headers['content-security-policy']),
    /default-src 'none';.*sandbox allow-popups/,
  );
  assert.match(arrived.payload, /<base target="_blank">[\s\S]*#token=/);
  assertStatus(await service.api.get(frame, { headers: { host: 'evil.test' } }), 404);
  assertStatus(await service.api.get('/app/mailbox/live.js', local), 200);
  for (const options of [
    { headers: { host: 'evil.test' } },
    { headers: { host: 'localhost:8000', 'x-forwarded-for': '127.0.0.1' } },
    { headers: { host: 'localhost:8000' }, remoteAddress: '203.0.113.7' },
    { headers: { host: 'localhost:8000', origin: 'http://localhost:3000' } },
    { headers: { host: 'localhost:8000', origin: 'null' } },
    {
      headers: { host: 'localhost:8000', 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    },
    {
      headers: {
        host: 'localhost:8000',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'no-cors',
      },
    },
    {
      headers: {
        host: 'localhost:8000',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'iframe',
      },
    },
  ]) {
    const refused = await service.api.get('/app/mailbox', options);
    assertStatus(refused, 404);
    assert.equal(refused.headers['access-control-allow-origin'], undefined);
  }
  const own = {
    host: 'localhost:8000',
    origin: 'http://localhost:8000',
    'sec-fetch-site': 'same-origin',
  };
  const followed = {
    ...own,
    origin: undefined,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
  };
  for (const headers of [
    own,
    JSON.parse(JSON.stringify({ ...followed, 'sec-fetch-dest': 'document' })),
  ]) {
    const given = await service.api.get('/app/mailbox', { headers });
    assertStatus(given, 200);
    assert.equal(given.headers['access-control-allow-origin'], undefined);
    assert.equal(given.headers.vary, 'Origin, Accept-Language');
  }
  const sending = {
    SMTP_HOST: '127.0.0.1',
    SMTP_FROM_EMAIL: 'adl@example.com',
    SMTP_SECURITY: 'none',
  };
  for (const overrides of [{}, { ENVIRONMENT: 'development', ...sending }]) {
    const other = await createTestApp(t, overrides);
    assertStatus(await other.api.get('/app/mailbox', local), 404);
  }
});

test('metrics count the mails for allowed callers and are 404 to others', async (t) => {
  const service = await createTestApp(t, { TRUSTED_PROXIES: '127.0.0.9' });
  await signedInUser(service);
  const waiting = await service.api.get('/metrics');
  assertStatus(waiting, 200);
  assert.match(waiting.text, /adl_mails\{status="queued"\} 1/);
  await service.mailbox.deliver();
  const { text } = await service.api.get('/metrics');
  assert.match(text, /adl_mails\{status="kept"\} 1/);
  assert.match(text, /adl_mails\{status="queued"\} 0/);
  assert.match(text, /adl_mail_oldest_queued_seconds 0/);
  for (const options of [
    { remoteAddress: '203.0.113.7' },
    { headers: { 'x-forwarded-for': '127.0.0.1' } },
    { headers: { forwarded: 'for=127.0.0.1' } },
    { remoteAddress: '127.0.0.9', headers: { 'x-forwarded-for': '203.0.113.7' } },
  ]) {
    assertStatus(await service.api.get('/metrics', options), 404);
  }
});
