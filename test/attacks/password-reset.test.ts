import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { answerResetRequest } from '../../src/flows/password-reset/request-password-reset.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { moveTo, verifiedUser, verify } from '../email-calls.ts';
import {
  goodPassword,
  newRegistration,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
  signIn,
} from '../factories.ts';
import { exchange, requestText } from '../raw-http.ts';
import { forgot, newPassword, reset, resetToken } from '../reset-calls.ts';
import { refresh, refreshed, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Each from a different address, so that no limit applies. */
let logins = 0;
function login(service: TestApp, username: string, password: string): Promise<Answer> {
  logins += 1;
  const remoteAddress = `127.8.${logins >> 8}.${logins & 255}`;
  return service.api.post('/api/users/login', { username, password }, { remoteAddress });
}

test('A07 all invalid reset tokens get the same answer', async (t) => {
  const service = await createTestApp(t);
  const { api, db, clock } = service;
  const user = await signedInUser(service);
  const gone = await signedInUser(service);
  const spent = await resetToken(service, user.email);
  assertStatus(await reset(api, spent), 200);
  const ofTheGone = await resetToken(service, gone.email);
  await db.deleteFrom('users').where('id', '=', gone.id).execute();
  const expired = await resetToken(service, user.email);
  await clock.advance(30 * 60 + 1);
  const flipped = spent.slice(0, -2) + (spent.endsWith('AA') ? 'BB' : 'AA');
  const tokens = [
    spent,
    ofTheGone,
    expired,
    flipped,
    randomBytes(48).toString('base64url'),
    'x',
    'ü',
    '%00',
  ];
  const answers = [];
  for (const token of tokens) {
    const answer = await reset(api, token, 'another lantern 41 willow');
    assertStatus(answer, 400);
    const { request_id, timestamp, ...rest } = answer.body;
    answers.push(rest);
  }
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assertStatus(await login(service, user.username, newPassword), 200);
});

test('G01 G10 a link works once, notifies the owner and signs nobody in', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const token = await resetToken(service, user.email);
  const answer = await reset(service.api, token);
  assertStatus(answer, 200);
  assert.deepEqual(answer.body, { message: 'Password reset successfully' });
  assert.equal(answer.headers['set-cookie'], undefined);
  assertStatus(await reset(service.api, token, 'another lantern 41 willow'), 400);
  assertStatus(await login(service, user.username, newPassword), 200);
  const notices = await service.mailbox.mails('password_changed');
  assert.deepEqual(
    notices.map(({ recipient }) => recipient),
    [user.email],
  );
  const links = service.db.selectFrom('links').select(['purpose', 'end_reason']).orderBy('purpose');
  assert.deepEqual(
    await links.execute(),
    [
      { purpose: 'email_verification', end_reason: 'password_reset' },
      { purpose: 'password_reset', end_reason: 'used' },
    ],
    'the reason each session ended is recorded',
  );
  const sessions = service.db.selectFrom('sessions').select('revoke_reason').orderBy('id');
  assert.deepEqual((await sessions.execute())[0]?.revoke_reason, 'password_reset');
  const events = service.db
    .selectFrom('audit_events')
    .select(['subject_kind', 'subject_id', 'actor_id']);
  const expected = { subject_kind: 'user', subject_id: user.id, actor_id: user.id };
  const successes = events.where('event', '=', 'password_reset').where('outcome', '=', 'success');
  assert.deepEqual(await successes.execute(), [expected]);
});

test('G02 of ten concurrent resets with one link exactly one succeeds', async (t) => {
  for (let round = 0; round < 2; round += 1) {
    const service = await createTestApp(t);
    const user = await signedInUser(service);
    const token = await resetToken(service, user.email);
    const passwords = Array.from({ length: 10 }, (_, index) => `granite lantern ${index} willow`);
    const answers = await Promise.all(
      passwords.map((password) => reset(service.api, token, password)),
    );
    const winners = passwords.filter((_, index) => answers[index]?.status === 200);
    assert.equal(winners.length, 1);
    assert.equal(answers.filter(({ status }) => status === 400).length, 9);
    for (const password of passwords) {
      assertStatus(
        await login(service, user.username, password),
        winners.includes(password) ? 200 : 401,
      );
    }
    assert.equal((await service.mailbox.mails('password_changed')).length, 1);
  }
});

test('G05 a link works one second before it expires and not one second after', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const inTime = await resetToken(service, user.email);
  await service.clock.advance(30 * 60 - 1);
  assertStatus(await reset(service.api, inTime), 200);
  const late = await resetToken(service, user.email);
  await service.clock.advance(30 * 60 + 1);
  assertStatus(await reset(service.api, late), 400);
});

test('G06 a link leads to FRONTEND_URL whatever host the request names', async (t) => {
  const service = await createTestApp(t, {
    PUBLIC_URL: 'https://id.ada.test',
    FRONTEND_URL: 'https://app.ada.test/account',
    TRUSTED_PROXIES: '127.0.0.0/8',
  });
  const poisons: Record<string, string>[] = [
    { host: 'evil.test' },
    { host: 'id.ada.test:1234@evil.test' },
    { host: 'app.ada.test.evil.test' },
    {
      host: 'id.ada.test',
      'x-forwarded-host': 'evil.test, id.ada.test',
      'x-forwarded-port': '1234',
    },
    {
      'x-forwarded-server': 'evil.test',
      'x-http-host-override': 'evil.test',
      'x-forwarded-prefix': '//evil.test',
    },
    {
      'x-forwarded-proto': 'http',
      'x-forwarded-scheme': 'http',
      'x-url-scheme': 'http',
      'front-end-https': 'off',
    },
    {
      'x-real-host': 'evil.test',
      'x-original-host': 'evil.test',
      'cf-visitor': '{"scheme":"http"}',
    },
    { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'http' },
    { forwarded: 'host=evil.test;proto=http' },
    {
      'x-host': 'evil.test',
      'x-original-url': 'http://evil.test/',
      'x-rewrite-url': '//evil.test',
    },
    { origin: 'https://evil.test', referer: 'https://evil.test/' },
  ];
  for (const headers of poisons) {
    const user = await signedInUser(service);
    assertStatus(await forgot(service.api, user.email, headers), 200);
    const mails = (await service.mailbox.mails('password_reset')).filter(
      ({ recipient }) => recipient === user.email,
    );
    assert.equal(mails.length, 1);
    const { text, html } = mails[0]?.message ?? { text: '', html: '' };
    assert.match(text, /https:\/\/app\.ada\.test\/account\/reset-password#token=[\w-]{64}/);
    for (const body of [text, html]) {
      assert.doesNotMatch(body, /evil|http:\/\//);
      for (const [link] of body.matchAll(/https?:\/\/[^\s"<]+/g))
        assert.ok(link.startsWith('https://app.ada.test/'));
    }
  }
});

test('G06 over a socket neither an absolute target nor two Hosts change a mailed link', async (t) => {
  const service = await createTestApp(t, { PUBLIC_URL: 'https://id.ada.test' });
  const user = await signedInUser(service);
  const send = async (
    path: string,
    target: string,
    body: object,
    headers: Record<string, string>,
  ) => {
    const all = { 'Content-Type': 'application/json', 'X-Forwarded-Host': 'evil.test', ...headers };
    const request = requestText(
      path.startsWith('PUT') ? 'PUT' : 'POST',
      target,
      all,
      JSON.stringify(body),
    );
    const { answers } = await exchange(service.app, request, { answers: 1 });
    return answers[0]?.status;
  };
  const forgotten = '/api/password/forgot-password';
  const poison = { Host: 'evil.test' };
  assert.equal(await send('POST', `http://evil.test${forgotten}`, { email: user.email }, {}), 200);
  assert.equal(await send('POST', forgotten, { email: user.email }, poison), 200);
  assert.equal(await send('POST', `//evil.test${forgotten}`, { email: user.email }, {}), 404);
  assert.equal(
    await send('POST', forgotten, { email: user.email }, { 'x-a': 'b\r\nHost: evil.test' }),
    400,
  );
  const other = newRegistration();
  assert.equal(await send('POST', 'http://evil.test/api/users/register', other, {}), 201);
  const before = await service.mailbox.mails();
  const bearer = { ...poison, Authorization: `Bearer ${user.accessToken}` };
  const change = { email: `new.${user.email}`, current_password: goodPassword };
  await verify(service, user.email);
  assert.equal(await send('PUT', '/api/users/me', change, bearer), 200);
  const mails = [...before, ...(await service.mailbox.mails())];
  const kinds = new Set(mails.map(({ kind }) => kind));
  for (const kind of ['password_reset', 'email_verification', 'email_changed'] as const)
    assert.ok(kinds.has(kind));
  let links = 0;
  for (const { message } of mails) {
    for (const [link] of `${message?.text} ${message?.html}`.matchAll(/[a-z]+:\/\/[^\s"<]+/g)) {
      assert.ok(link.startsWith('https://id.ada.test/app/'), link);
      links += 1;
    }
  }
  assert.ok(links >= 6, `${links} links`);
});

test('G08 links are revoked by a password change, an address change and a reset', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const changing = await signedInUser(service);
  const first = await resetToken(service, changing.email);
  const change = { current_password: goodPassword, new_password: 'meadow copper 77 drift' };
  assertStatus(
    await api.post('/api/users/change-password', change, { token: changing.accessToken }),
    200,
  );
  assertStatus(await reset(api, first), 400);

  const moving = await signedInUser(service);
  const second = await resetToken(service, moving.email);
  const email = `new.${moving.email}`;
  await moveTo(service, moving, email);
  assertStatus(await reset(api, second), 400);

  const forgetful = await signedInUser(service);
  const [third, fourth] = [
    await resetToken(service, forgetful.email),
    await resetToken(service, forgetful.email),
  ];
  assert.notEqual(third, fourth);
  assertStatus(await reset(api, fourth), 200);
  assertStatus(await reset(api, third), 400);
});

test('G08 a link created during an address change, mailed to the old one, is dead', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const token = await resetToken(service, user.email);
  // The link is written after the change has revoked the links that it could see.
  await service.db
    .updateTable('users')
    .set({ email: 'new@example.com', is_email_verified: false })
    .execute();
  assertStatus(await reset(service.api, token), 400);
  const users = service.db.selectFrom('users').select('is_email_verified');
  assert.deepEqual(await users.execute(), [{ is_email_verified: false }]);
  assertStatus(await login(service, user.username, goodPassword), 200);
});

test('a deactivated user gets no link; earlier links stay dead after reactivation', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const admin = await signedInAdmin(service);
  const user = await signedInUser(service);
  const before = await resetToken(service, user.email);
  const path = `/api/admins/users/${user.id}`;
  assertStatus(await api.patch(path, { is_active: false }, { token: admin.accessToken }), 200);
  assertStatus(await reset(api, before), 400);
  assertStatus(await forgot(api, user.email), 200);
  assert.equal((await service.mailbox.mails('password_reset')).length, 1);
  assertStatus(await api.patch(path, { is_active: true }, { token: admin.accessToken }), 200);
  assertStatus(await reset(api, before), 400);
});

test('E15 a reset ends every session: access and refresh tokens stop working at once', async (t) => {
  const service = await createTestApp(t);
  const one = await signedInUser(service);
  const two = await signIn(service, userRealm, one);
  assertStatus(await reset(service.api, await resetToken(service, one.email)), 200);
  for (const { accessToken, refreshToken } of [one, two]) {
    assert.equal(await statusOfMe(service.api, userRealm, accessToken), 401);
    assertStatus(await refresh(service.api, userRealm, refreshToken), 401);
  }
});

test('G12 a reset token is only in the mail: not in answers, metrics, logs, rows, jobs', async (t) => {
  const service = await createTestApp(t, { LOG_LEVEL: 'debug' });
  const user = await signedInUser(service);
  const answer = await forgot(service.api, user.email);
  const token = await service.mailbox.token('password_reset', user.email);
  const halves = [
    token,
    token.slice(0, 32),
    token.slice(32),
    Buffer.from(token, 'base64url').toString('hex'),
  ];
  const rows = [];
  for (const table of ['links', 'mails', 'throttles', 'users', 'sessions'] as const) {
    rows.push(await service.db.selectFrom(table).selectAll().execute());
  }
  const { rows: jobs } = await sql`SELECT * FROM jobs.job`.execute(service.db);
  assert.ok(jobs.length > 0);
  const metrics = await service.api.get('/metrics');
  const page = await service.api.get(`/app/reset-password?token=${token}`);
  assertStatus(page, 200);
  assert.equal(page.headers['referrer-policy'], 'no-referrer');
  assert.doesNotMatch(page.text, /(?:src|href|action)="(?:https?:)?\/\//);
  const answers = [answer, page, await reset(service.api, token), await reset(service.api, token)];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 400],
  );
  const stored = JSON.stringify([rows, jobs], (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64url') : value,
  );
  const shown = answers.map(({ text, headers }) => text + JSON.stringify(headers));
  for (const place of [...shown, metrics.text, service.logs()]) {
    for (const half of halves) assert.ok(!place.includes(half));
  }
  // The first third of a token is the link's id, which the row contains.
  for (const half of [token, token.slice(22), halves[3] ?? '']) assert.ok(!stored.includes(half));
  assert.ok(!service.logs().includes(user.email));
});

test('G14 twenty requests for one victim from twenty addresses send three mails', async (t) => {
  const service = await createTestApp(t);
  const victim = await signedInUser(service);
  for (let count = 0; count < 20; count += 1) {
    const email = count % 2 === 0 ? victim.email : victim.email.toUpperCase();
    assertStatus(await forgot(service.api, email), 200);
    await service.mailbox.deliver();
    // Spread over the hour instead of all at once.
    await service.clock.advance(170);
  }
  assert.equal((await service.mailbox.mails('password_reset')).length, 3);
  await service.clock.advance(3601 - 20 * 170);
  assertStatus(await forgot(service.api, victim.email), 200);
  assert.equal((await service.mailbox.mails('password_reset')).length, 4);
});

test('G14 concurrent requests send at most three mails too', async (t) => {
  const service = await createTestApp(t);
  const victim = await signedInUser(service);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => forgot(service.api, victim.email)),
  );
  for (const answer of answers) assertStatus(answer, 200);
  // A flood does not fill the queue either: each excess request only gets its answer, and the
  // excess is recorded once.
  assert.equal(await jobsIn(service, 'password-reset-requests'), 3);
  assert.equal((await service.mailbox.mails('password_reset')).length, 3);
  const events = service.db.selectFrom('audit_events').select(['outcome', 'subject_id', 'details']);
  assert.deepEqual(await events.where('event', '=', 'limit_exceeded').execute(), [
    { outcome: 'denied', subject_id: null, details: { policy: 'forgot' } },
  ]);
});

async function jobsIn({ db }: TestApp, queue: string): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`SELECT count(*)::int FROM jobs.job WHERE name = ${queue}`.execute(db);
  return rows[0]?.count ?? 0;
}

test('G16 a token resets its own account only, whatever else the body names', async (t) => {
  const service = await createTestApp(t);
  const mine = await signedInUser(service);
  const other = await signedInUser(service);
  const token = await resetToken(service, mine.email);
  const names = { user_id: other.id, id: other.id, email: other.email, username: other.username };
  assertStatus(await reset(service.api, token, newPassword, names), 200);
  assertStatus(await login(service, other.username, goodPassword), 200);
  assertStatus(await login(service, other.username, newPassword), 401);
  assertStatus(await login(service, mine.username, newPassword), 200);
});

test('G18 no step can be skipped: without a mailed reset token nothing changes', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  for (const token of [undefined, null, '', [], {}, 0, true, [''], { $gt: '' }]) {
    assertStatus(await reset(service.api, token), 422);
  }
  const verification = await service.mailbox.token('email_verification', user.email);
  const mover = await verifiedUser(service);
  await moveTo(service, mover, `new.${mover.email}`);
  const undo = await service.mailbox.token('email_changed', mover.email);
  for (const token of [verification, undo, user.accessToken, user.refreshToken]) {
    assertStatus(await reset(service.api, token), 400);
  }
  // A link of one purpose does not work for another.
  const link = await resetToken(service, user.email);
  for (const path of ['/api/users/verify-email', '/api/users/undo'])
    assertStatus(await service.api.post(path, { token: link }), 400);
  for (const token of [undo, link])
    assertStatus(await service.api.post('/api/users/verify-email', { token }), 400);
  const me = await service.api.get('/api/users/me', { token: user.accessToken });
  assert.equal(me.body.is_email_verified, false);
  assertStatus(await login(service, user.username, goodPassword), 200);
});

test('a made-up token costs no hash', async (t) => {
  const service = await createTestApp(t);
  const before = service.hashes();
  for (let count = 0; count < 5; count += 1) {
    assertStatus(await reset(service.api, randomBytes(48).toString('base64url')), 400);
  }
  assert.equal(service.hashes(), before);
});

test('M04 a malformed link token costs no query and is recorded', async (t) => {
  const service = await createTestApp(t);
  const tokens = [
    'x',
    randomBytes(47).toString('base64url'),
    `${randomBytes(48).toString('base64url')}=`,
  ];
  for (const token of tokens) {
    assertStatus(await reset(service.api, token), 400);
    for (const path of ['/api/users/verify-email', '/api/users/undo'])
      assertStatus(await service.api.post(path, { token }), 400);
  }
  assert.equal(service.statements().length, 9);
  for (const statement of service.statements())
    assert.match(statement, /^\s*INSERT INTO audit_events /);
  const recorded = await service.db
    .selectFrom('audit_events')
    .select(['event', 'outcome'])
    .execute();
  const names = recorded.map(({ event, outcome }) => `${event} ${outcome}`);
  assert.deepEqual([...new Set(names)].toSorted(), [
    'email_change_undone failure',
    'email_verified failure',
    'password_reset failure',
  ]);
});

test('A05 forgot-password does the same for known, unknown and deactivated addresses', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const inactive = await signedInUser(service);
  await service.db
    .updateTable('users')
    .set({ is_active: false })
    .where('id', '=', inactive.id)
    .execute();
  const [moved, gone] = [await verifiedUser(service), await verifiedUser(service)];
  await moveTo(service, moved, 'unverified@example.com');
  await moveTo(service, gone, 'verified@example.com');
  await verify(service, 'verified@example.com');
  await service.mailbox.deliver();
  const outcome = async (email: string) => {
    await service.db.deleteFrom('throttles').execute();
    const before = service.statements().length;
    const { status, body, headers } = await forgot(service.api, email);
    const inRequest = service.statements().slice(before);
    await service.jobs.runDue({
      mails: async () => {},
      'email-sign-in-requests': async () => {},
      'password-reset-requests': (payload) => answerResetRequest(service, payload.email),
    });
    // If there is a link the transaction commits, otherwise it rolls back: only this differs.
    const after = service
      .statements()
      .slice(before + inRequest.length)
      .toSpliced(-1);
    return { status, body, names: Object.keys(headers).toSorted(), inRequest, after };
  };
  const reference = await outcome(user.email);
  assert.equal(reference.status, 200);
  assert.ok(reference.after.some((statement) => statement.startsWith('insert into "mails"')));
  for (const email of [
    'nobody@example.com',
    inactive.email,
    gone.email,
    moved.email,
    'unverified@example.com',
  ])
    assert.deepEqual(await outcome(email), reference);
  const links = service.db
    .selectFrom('links')
    .select('email')
    .where('purpose', '=', 'password_reset');
  assert.deepEqual(
    (await links.execute()).map(({ email }) => email),
    [user.email, moved.email, moved.email],
  );
});

test("B22 a squatter of the victim's address is locked out by the victim's reset", async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const attacker = await signedInUser(service, { email: 'victim@example.com' });
  const token = await resetToken(service, 'victim@example.com');
  assertStatus(await reset(api, token), 200);
  assert.equal(await statusOfMe(api, userRealm, attacker.accessToken), 401);
  assertStatus(await refresh(api, userRealm, attacker.refreshToken), 401);
  assertStatus(await login(service, attacker.username, goodPassword), 401);
  const victim = await login(service, 'victim@example.com', newPassword);
  assertStatus(victim, 200);
  const me = await api.get('/api/users/me', { token: victim.body.access_token });
  assert.equal(me.body.is_email_verified, true);
});

test('B22 no undo link left by the attacker takes the account back', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const attacker = await signedInUser(service, { email: 'one@evil.example' });
  for (const email of ['two@evil.example', 'victim@example.com'])
    await moveTo(service, attacker, email);
  assertStatus(await reset(api, await resetToken(service, 'victim@example.com')), 200);
  // These addresses were never verified: they are notified, but get no link.
  for (const { message } of await service.mailbox.mails('email_changed'))
    assert.doesNotMatch(message?.text ?? '', /#token=/);
  assertStatus(await login(service, 'victim@example.com', newPassword), 200);
});

test('B22 nothing the attacker prepared gives access back after the reset', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const key = 'attempt-1-of-the-attacker';
  const attacker = await signedInUser(service, { email: 'attacker@evil.example' });
  const lost = await refreshed(api, userRealm, attacker.refreshToken, key);
  const ownLink = await resetToken(service, attacker.email);
  const options = { token: lost.accessToken };
  await moveTo(service, { ...attacker, ...lost }, 'victim@example.com');
  const pending = await resetToken(service, 'victim@example.com');
  assertStatus(await reset(api, await resetToken(service, 'victim@example.com')), 200);

  for (const token of [ownLink, pending])
    assertStatus(await reset(api, token, 'meadow copper 77 drift'), 400);
  assertStatus(await refresh(api, userRealm, attacker.refreshToken, key), 401);
  assertStatus(await refresh(api, userRealm, lost.refreshToken), 401);
  assertStatus(await api.put('/api/users/me', { email: 'attacker@evil.example' }, options), 401);
  for (const name of ['attacker@evil.example', attacker.username])
    assertStatus(await login(service, name, goodPassword), 401);
  const before = (await service.mailbox.mails()).length;
  assertStatus(await forgot(api, 'attacker@evil.example'), 200);
  assert.equal((await service.mailbox.mails()).length, before, 'the old address gets no link');
  assertStatus(await login(service, attacker.username, newPassword), 200);
});
