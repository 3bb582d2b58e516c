import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { verifiedUser } from '../email-calls.ts';
import {
  askByEmail,
  byCode,
  byEmail,
  confirm,
  networkOf,
  newestMail,
  signInMail,
  wrongCode,
} from '../email-sign-in-calls.ts';
import { registeredUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { rowsWith } from '../whole-database.ts';

/** Without what differs each time. */
function comparable({ status, headers, body }: Answer) {
  const { date, 'x-request-id': id, ...rest } = headers;
  assert.ok(id);
  return { status, headers: rest, body: { ...body, request_id: null, timestamp: null } };
}

async function statementsOf(service: TestApp, run: () => Promise<Answer>) {
  const before = service.statements().length;
  const answer = await run();
  return { answer: comparable(answer), statements: service.statements().slice(before) };
}

test('Q07 who asks learns nothing: one answer, and the same statements for all', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const unverified = await registeredUser(service);
  const inactive = await verifiedUser(service);
  const { db } = service;
  await db.updateTable('users').set({ is_active: false }).where('id', '=', inactive.id).execute();
  const addresses = [user.email, unverified.email, inactive.email, 'nobody@example.com'];
  const seen = [];
  for (const email of addresses)
    seen.push(await statementsOf(service, () => askByEmail(service.api, email)));
  for (const one of seen) assert.deepEqual(one, seen[0]);
});

test('Q07 a wrong code tells nothing either, nor does one that was never sent', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  const nobody = (await askByEmail(service.api, 'nobody@example.com')).body;
  await service.mailbox.deliver();
  const bodies = [
    { ...byCode(mail), code: wrongCode(mail) },
    { email: 'nobody@example.com', code: '12345678', request_id: nobody.request_id },
    { email: 'nobody@example.com', code: '12345678', request_id: 'never-given' },
    { email: 'nobody@example.com', code: '12345678' },
  ];
  const seen = [];
  for (const body of bodies) {
    await service.db.deleteFrom('throttles').execute();
    seen.push(await statementsOf(service, () => confirm(service.api, body)));
  }
  for (const { answer, statements } of seen) {
    assert.deepEqual(answer, seen[0]?.answer);
    assert.equal(statements.length, seen[0]?.statements.length);
  }
});

test('keycloak#26625: no mail is sent, and no account read, while somebody waits', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const { statements } = await statementsOf(service, () => askByEmail(service.api, user.email));
  assert.doesNotMatch(statements.join('\n'), /users|mails|links/);
});

test('Q07 a scanner that opens the page of the link spends nothing', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  const text = (await service.mailbox.mails('email_sign_in'))[0]?.message?.text ?? '';
  const [link = ''] = /http\S+/.exec(text) ?? [];
  assert.equal(new URL(link).search, '', 'the token is in the fragment, which is not sent');
  for (const method of ['GET', 'HEAD', 'OPTIONS'])
    await service.api.request(method, new URL(link).pathname);
  for (const path of [
    '/api/users/login/email/confirm',
    `/api/users/login/email/confirm?token=${mail.token}`,
  ])
    for (const method of ['GET', 'HEAD'])
      assert.ok((await service.api.request(method, path)).status >= 404);
  assertStatus(await confirm(service.api, { token: mail.token }), 200);
});

test('Q07 five codes are tried for a mail, wherever from, and then not even the right one', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  for (let index = 1; index <= 5; index += 1) {
    const guess = { ...byCode(mail), code: wrongCode(mail, index) };
    assertStatus(await confirm(service.api, guess, networkOf(index)), 401);
  }
  assertStatus(await confirm(service.api, byCode(mail), networkOf(6)), 401);
  const next = await signInMail(service, user.email);
  assertStatus(await confirm(service.api, byCode(next), networkOf(7)), 200);
});

test('GHSA-7h8m-vrxx-vr4m: tries at once are no more than five', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  const guesses = Array.from({ length: 20 }, (_, index) =>
    confirm(service.api, { ...byCode(mail), code: wrongCode(mail, index + 1) }, networkOf(index)),
  );
  for (const answer of await Promise.all(guesses)) assertStatus(answer, 401);
  assertStatus(await confirm(service.api, byCode(mail), networkOf(30)), 401);
});

test('Q07 N04 wrong codes and wrong passwords are one count', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  for (let index = 1; index <= 3; index += 1)
    assertStatus(
      await confirm(service.api, { ...byCode(mail), code: wrongCode(mail, index) }),
      401,
    );
  const body = { username: user.username, password: 'not the one' };
  for (let index = 0; index < 2; index += 1)
    assertStatus(await service.api.post('/api/users/login', body), 401);
  assertStatus(await confirm(service.api, byCode(mail)), 429);
  const right = { username: user.username, password: user.password };
  assertStatus(await service.api.post('/api/users/login', right), 429);
});

test('CVE-2026-45364: the addresses of one IPv6 network are one guesser', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  const from = (index: number) => ({ remoteAddress: `2001:db8:7:7::${index.toString(16)}` });
  for (let index = 1; index <= 5; index += 1)
    assertStatus(
      await confirm(service.api, { ...byCode(mail), code: wrongCode(mail, index) }, from(index)),
      401,
    );
  assertStatus(await confirm(service.api, byCode(mail), from(6)), 429);
  const spelt = { remoteAddress: '2001:0DB8:0007:0007:ffff:0000:0000:0001' };
  assertStatus(await confirm(service.api, byCode(mail), spelt), 429);
});

test('CVE-2025-64102: whoever asks again and again has fifteen codes to try in an hour', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  let compared = 0;
  for (let index = 0; index < 6; index += 1) {
    const { request_id } = (await askByEmail(service.api, user.email)).body;
    await service.mailbox.deliver();
    for (let guess = 0; guess < 6; guess += 1) {
      const body = { email: user.email, code: `0000000${guess}`, request_id };
      await confirm(service.api, body, networkOf(10 * index + guess));
    }
    const links = await service.db
      .selectFrom('links')
      .select('id')
      .where('purpose', '=', 'email_sign_in')
      .execute();
    compared = links.length * 5;
  }
  assert.equal(compared, 15);
});

test('Q07 CVE-2026-45337: a code is of no use to who has not asked for it', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const other = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  const thief = (await askByEmail(service.api, user.email)).body;
  const ofOther = await signInMail(service, other.email);
  const { email, code } = mail;
  for (const body of [
    { email, code },
    { email, code, request_id: null },
    { email, code, request_id: '' },
    { email, code, request_id: thief.request_id },
    { email, code, request_id: ofOther.request_id },
    { email, code, request_id: mail.request_id.toLowerCase() },
    { email: other.email, code, request_id: mail.request_id },
    { email: other.email, code, request_id: ofOther.request_id },
  ]) {
    await service.db.deleteFrom('throttles').execute();
    assertStatus(await confirm(service.api, body), 401);
  }
  assertStatus(await confirm(service.api, byCode(mail)), 200);
});

test('CVE-2026-1035: of twenty uses of one mail at once, by link and code, one opens', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  const before = await service.db.selectFrom('sessions').select('id').execute();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      confirm(
        service.api,
        index % 5 === 0 ? byCode(mail) : { token: mail.token },
        networkOf(index),
      ),
    ),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [200, ...Array.from({ length: 19 }, () => 401)]);
  const after = await service.db.selectFrom('sessions').select('id').execute();
  assert.equal(after.length, before.length + 1);
});

test('CVE-2025-61928: no member of the body says who signs in', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const other = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  const more = { user_id: other.id, id: other.id, subject_id: other.id, username: other.username };
  const answer = await confirm(service.api, { ...byCode(mail), ...more });
  assertStatus(answer, 200);
  const me = await service.api.get('/api/users/me', { token: answer.body.access_token });
  assert.equal(me.body.id, user.id);
});

test('GHSA-2wmj-46rj-qm2w: the link leads to FRONTEND_URL whatever host is named', async (t) => {
  const service = await createTestApp(t, {
    ...byEmail,
    PUBLIC_URL: 'https://id.ada.test',
    FRONTEND_URL: 'https://app.ada.test/account',
    TRUSTED_PROXIES: '127.0.0.0/8',
  });
  const user = await verifiedUser(service);
  const headers = {
    host: 'evil.test',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'http',
  };
  assertStatus(await askByEmail(service.api, user.email, {}, { headers }), 200);
  const [mail] = await service.mailbox.mails('email_sign_in');
  assert.match(mail?.message?.text ?? '', /https:\/\/app\.ada\.test\/account\/sign-in-link#token=/);
  assert.doesNotMatch(JSON.stringify(mail?.message), /evil/);
});

test('neither code, token nor request id is in a table, a queue or the log', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const asked = await askByEmail(service.api, user.email);
  const { request_id } = asked.body;
  assert.deepEqual(await rowsWith(service.db, [request_id]), [], 'while the job waits');
  const { code, token } = await newestMail(service, user.email);
  const mail = { email: user.email, request_id, code };
  assertStatus(await confirm(service.api, { ...mail, code: wrongCode(mail) }), 401);
  assertStatus(await confirm(service.api, mail), 200);
  const inHalves = `${code.slice(0, 4)} ${code.slice(4)}`;
  const secrets = [token, request_id, inHalves, `"${code}"`];
  assert.deepEqual(await rowsWith(service.db, secrets), []);
  for (const secret of secrets) assert.ok(!service.logs().includes(secret));
});
