import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { moveTo, verifiedUser } from '../../../test/email-calls.ts';
import {
  askByEmail,
  byCode,
  byEmail,
  confirm,
  signInMail,
} from '../../../test/email-sign-in-calls.ts';
import { registeredUser, signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';

test('the link of the mail signs in, at level 1, and the session says how', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  const body = { token: mail.token };
  const answer = await service.api.post('/api/users/login/email/confirm', body);
  assertStatus(answer, 200);
  const { access_token: token, ...rest } = answer.body;
  assert.deepEqual(Object.keys(rest).toSorted(), ['expires_in', 'refresh_token', 'token_type']);
  assert.equal((await service.api.get('/api/users/me', { token })).body.id, user.id);
  const session = await service.db
    .selectFrom('sessions')
    .select(['methods', 'level'])
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  assert.deepEqual(session, { methods: 'email', level: 1 });
});

test('the code signs in who asked, however it is typed', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  for (const write of [
    (code: string) => code,
    (code: string) => ` ${code.slice(0, 4)} ${code.slice(4)}\t`,
    (code: string) => `${code.slice(0, 4)}-${code.slice(4)}`,
  ]) {
    const mail = await signInMail(service, user.email);
    const typed = { ...byCode(mail), code: write(mail.code), email: user.email.toUpperCase() };
    assertStatus(await confirm(service.api, typed), 200);
  }
});

test('in cookie mode the code works with the cookie, which no script can read', async (t) => {
  const service = await createTestApp(t, { ...byEmail, PUBLIC_URL: 'https://id.example.com' });
  const user = await verifiedUser(service);
  const headers = { 'x-session-mode': 'cookie', 'sec-fetch-site': 'same-origin' };
  const asked = await askByEmail(service.api, user.email, {}, { headers });
  assertStatus(asked, 200);
  assert.equal(asked.body.request_id, undefined);
  const cookie = String(asked.headers['set-cookie']);
  assert.match(
    cookie,
    /^__Host-adl_email_request=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const mails = await service.mailbox.mails('email_sign_in');
  const [, code = ''] = /Code: (\d{4} \d{4})/.exec(mails[0]?.message?.text ?? '') ?? [];
  const body = { email: user.email, code };
  assertStatus(await confirm(service.api, body, { headers }), 401);
  const [sent = ''] = cookie.split(';');
  const answer = await confirm(service.api, body, { headers: { ...headers, cookie: sent } });
  assertStatus(answer, 200);
  assert.match(String(answer.headers['set-cookie']), /^__Host-adl_user=/);
  assert.equal(answer.body.refresh_token, undefined);
});

test('where one wanted to go comes back, and only to pages of ours', async (t) => {
  const service = await createTestApp(t, {
    ...byEmail,
    APP_URL: 'https://app.example.com/home',
    RETURN_TO_ALLOW: 'https://admin.example.com',
  });
  const user = await verifiedUser(service);
  for (const return_to of [
    '/app/security?tab=1',
    'https://app.example.com/inbox',
    'https://admin.example.com/inbox',
  ]) {
    const mail = await signInMail(service, user.email, { return_to });
    const answer = await confirm(service.api, { token: mail.token });
    assert.equal(answer.body.return_to, return_to);
    const [sent] = (await service.mailbox.mails('email_sign_in')).slice(-1);
    assert.doesNotMatch(sent?.message?.text ?? '', /inbox|tab=1/);
  }
  for (const return_to of [
    'https://evil.example.com',
    '//evil.example.com',
    String.raw`/\evil.example.com`,
    'https://app.example.com@evil.example.com/',
    'https://app.example.com.evil.example.com/',
    'http://app.example.com/',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user:password@app.example.com/',
    'https:evil.example.com',
    '/app\t/security',
    String.raw`/app\security`,
    '/app/sécurité',
  ]) {
    const answer = await askByEmail(service.api, user.email, { return_to });
    assertStatus(answer, 422);
    assert.equal(answer.body.details.errors[0].type, 'return_to_not_allowed', return_to);
  }
});

test('link and code work for ten minutes, and one of them once', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const inTime = await signInMail(service, user.email);
  await service.clock.advance(10 * 60 - 30);
  assertStatus(await confirm(service.api, byCode(inTime)), 200);
  assertStatus(await confirm(service.api, byCode(inTime)), 401);
  assertStatus(await confirm(service.api, { token: inTime.token }), 401);
  const late = await signInMail(service, user.email);
  await service.clock.advance(10 * 60 + 1);
  assertStatus(await confirm(service.api, { token: late.token }), 401);
  assertStatus(await confirm(service.api, byCode(late)), 401);
});

test('an address has three mails an hour, and the answer never says so', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const answers = [];
  for (let count = 0; count < 5; count += 1) {
    const { request_id, ...rest } = (await askByEmail(service.api, user.email)).body;
    assert.match(request_id, /^[\w-]{43}$/);
    answers.push(rest);
  }
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal((await service.mailbox.mails('email_sign_in')).length, 3);
  await service.clock.advance(60 * 60);
  await askByEmail(service.api, user.email);
  assert.equal((await service.mailbox.mails('email_sign_in')).length, 4);
});

test('a changed password, and a changed or a deactivated account, end the mail', async (t) => {
  const service = await createTestApp(t, byEmail);
  const { api, db } = service;
  const changed = await verifiedUser(service);
  const moved = await verifiedUser(service);
  const inactive = await verifiedUser(service);
  const mails = [];
  for (const { email } of [changed, moved, inactive]) mails.push(await signInMail(service, email));
  const body = { current_password: changed.password, new_password: 'granite lantern 41 willow' };
  assertStatus(
    await api.post('/api/users/change-password', body, { token: changed.accessToken }),
    200,
  );
  await moveTo(service, moved, 'moved@example.com');
  await db.updateTable('users').set({ is_active: false }).where('id', '=', inactive.id).execute();
  for (const mail of mails) {
    assertStatus(await confirm(api, { token: mail.token }), 401);
    assertStatus(await confirm(api, byCode(mail)), 401);
  }
});

test('while a new address is unverified, the mail goes to the last verified one', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  await moveTo(service, user, 'new@example.com');
  for (const typed of ['new@example.com', user.email]) {
    await service.db.deleteFrom('throttles').execute();
    const before = (await service.mailbox.mails('email_sign_in')).length;
    const asked = await askByEmail(service.api, typed);
    const sent = (await service.mailbox.mails('email_sign_in')).slice(before);
    assert.deepEqual(
      sent.map(({ recipient }) => recipient),
      [user.email],
    );
    const [, code = ''] = /Code: (\d{4} \d{4})/.exec(sent[0]?.message?.text ?? '') ?? [];
    const { request_id } = asked.body;
    assertStatus(await confirm(service.api, { email: typed, code, request_id }), 200);
  }
  const row = await service.db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([row.email, row.is_email_verified], ['new@example.com', false]);
  assert.notEqual(row.password_hash, null, 'it was verified before: nothing is taken over');
});

test('it is off by default, for who asks and for who was asked before', async (t) => {
  const on = await createTestApp(t, byEmail);
  const user = await verifiedUser(on);
  const { token } = await signInMail(on, user.email);
  const off = await createTestApp(t);
  for (const answer of [
    await askByEmail(off.api, user.email),
    await askByEmail(off.api, 'nobody@example.com'),
    await confirm(off.api, { token }),
  ]) {
    assertStatus(answer, 403);
    assert.deepEqual(answer.body.details, { reason: 'email_sign_in_off' });
  }
});

test('a body without a token, or an address and eight digits, is a 422', async (t) => {
  const { api } = await createTestApp(t, byEmail);
  const email = 'ada@example.com';
  for (const body of [
    {},
    { email },
    { code: '12345678' },
    { email, code: '1234567' },
    { email, code: '123456789' },
    { email, code: '1234567x' },
    { token: '' },
  ])
    assertStatus(await confirm(api, body), 422);
});

test('a mail that an admin reads shows neither link nor code', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await registeredUser(service);
  const mail = await signInMail(service, user.email);
  const row = await service.db
    .selectFrom('mails')
    .select('id')
    .where('kind', '=', 'email_sign_in')
    .executeTakeFirstOrThrow();
  const { accessToken: token } = await signedInAdmin(service);
  const shown = await service.api.get(`/api/admins/mails/${row.id}`, { token });
  assertStatus(shown, 200);
  assert.ok(!shown.text.includes(mail.token));
  assert.ok(!shown.text.includes(`${mail.code.slice(0, 4)} ${mail.code.slice(4)}`));
});

test('a sign-in by mail is a recent proof of its own', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await signedInUser(service);
  const mail = await signInMail(service, user.email);
  const { access_token: token } = (await confirm(service.api, { token: mail.token })).body;
  assertStatus(await service.api.post('/api/users/me/factors/totp', {}, { token }), 201);
});
