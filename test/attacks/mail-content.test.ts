import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assembly } from '../../src/app.ts';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { createSmtpTransport } from '../../src/platform/smtp/smtp-transport.ts';
import { assertStatus } from '../api.ts';
import { liveWithFactors } from '../audited-life.ts';
import { deleteMe, deletionToken } from '../deletion-calls.ts';
import { moveTo, undo, verify } from '../email-calls.ts';
import { factorCalls, protectedAccount } from '../factor-calls.ts';
import { newRegistration, signedInAdmin, registeredUser as signedInUser } from '../factories.ts';
import { liveByMail } from '../mail-sign-in-life.ts';
import { liveWithPasskey } from '../passkeys/passkey-life.ts';
import { liveWithIdentity } from '../providers/identity-life.ts';
import { forgot } from '../reset-calls.ts';
import { assertRefused, refresh, refreshed } from '../session-calls.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Names with content that a mail must not carry: addresses, links, code. */
const hostileNames = [
  'Your account is locked, open http://evil.test/x',
  'evil.test',
  'www.evil.test/login',
  '<a href=//evil.test>click</a>',
  '<img src=//evil.test/x.png onerror=alert(1)>',
  `{{1234*5678}} \${1234*5678} <%= 1234*5678 %> #{1234*5678} evil.test`,
  '&#x3c;a href=evil.test&#x3e;',
  'evil.test\u202egnp.exe',
];

/** The device in a sign-in notice is client-supplied too. */
const hostileAgent =
  'Mozilla/5.0 (evil.test; http://evil.test) {{1234*5678}} <script>evil</script> Firefox/140.0';

/** Triggers every kind of mail to one person except the test mail. */
async function causeMails(service: TestApp, fullName: string, username: string): Promise<void> {
  const { api } = service;
  const user = await signedInUser(service, { fullName, username });
  const away = { remoteAddress: '203.0.113.7', headers: { 'user-agent': hostileAgent } };
  const { password, email } = user;
  assertStatus(await api.post('/api/users/login', { username, password }, away), 200);
  const next = await refreshed(api, userRealm, user.refreshToken);
  await refreshed(api, userRealm, next.refreshToken);
  assertRefused(await refresh(api, userRealm, user.refreshToken), 'refresh_token_reused');
  assertStatus(await forgot(api, email), 200);
  await service.mailbox.deliver();
  const again = await api.post('/api/users/login', { username, password });
  const options = { token: String(again.body.access_token) };
  const change = { current_password: password, new_password: 'meadow copper 77 drift' };
  assertStatus(await api.post('/api/users/change-password', change, options), 200);
  // Verified, then replaced by another address, then claimed by another account.
  await service.mailbox.deliver();
  await verify(service, email);
  const changed = { accessToken: options.token, password: change.new_password };
  await moveTo(service, changed, `new.${email}`);
  await service.mailbox.deliver();
  const claim = newRegistration({ email: `new.${email}` });
  assertStatus(await api.post('/api/users/register', claim), 201);
  const left = { ...user, ...changed };
  assertStatus(await deleteMe(service, left), 204);
  await service.mailbox.deliver();
  assertStatus(await undo(service, await deletionToken(service, email)), 200);
}

test('L01 L02 L03 L05 mails: one recipient, whole headers, our links, no user text', async (t) => {
  const service = await createTestApp(t, {
    PROJECT_NAME: 'Harbour Ledger',
    FRONTEND_URL: 'https://app.ada.test',
    EMAIL_SIGN_IN: 'true',
  });
  const sink = await startSmtpSink(t);
  const sender = {
    host: '127.0.0.1',
    port: sink.port,
    security: 'none',
    fromEmail: 'adl@service.test',
  } as const;
  const smtp = createSmtpTransport({ ...sender, fromName: 'Harbour Ledger' });
  const deliver = service.mailbox.deliver.bind(service.mailbox);
  service.mailbox.deliver = () => deliver(smtp);

  // All in the names of two people: each life sends every kind of mail.
  const half = hostileNames.length / 2;
  await causeMails(service, hostileNames.slice(0, half).join(' '), 'evil.test-0');
  await causeMails(service, hostileNames.slice(half).join(' '), 'evil.test-1');
  const admin = await signedInAdmin(service);
  const toSelf = { to_email: admin.email };
  assertStatus(
    await service.api.post('/api/password/test-email', toSelf, { token: admin.accessToken }),
    202,
  );
  const created = {
    ...newRegistration({ fullName: hostileNames.join(' ').slice(0, 200) }),
    password: null,
  };
  assertStatus(
    await service.api.post('/api/admins/users', created, { token: admin.accessToken }),
    201,
  );
  await liveWithPasskey(service, hostileNames[0]);
  await liveWithIdentity(service);
  await liveWithFactors(service, admin);
  await liveByMail(service, admin, hostileNames[0]);
  await useRecoveryCodes(service);
  await service.mailbox.deliver();

  const rows = await service.db
    .selectFrom('mails')
    .selectAll()
    .where('status', '=', 'sent')
    .execute();
  for (const kind of Object.keys(assembly.mailTexts))
    assert.ok(
      rows.some((row) => row.kind === kind),
      `${kind} was sent`,
    );
  assert.equal(sink.mails.length, rows.length);
  for (const { parsed, raw, recipients, from } of sink.mails) {
    const row = rows.find(({ id }) => parsed.messageId === `<${id}@service.test>`);
    assert.ok(row, 'the Message-ID is derived from its row');
    assert.deepEqual(recipients, [row.recipient]);
    assert.deepEqual(
      [parsed.to].flat().flatMap((to) => to?.value.map(({ address }) => address)),
      [row.recipient],
    );
    assert.equal(from, 'adl@service.test');
    assert.deepEqual(parsed.from?.value, [{ address: 'adl@service.test', name: 'Harbour Ledger' }]);
    const headers = parsed.headerLines.map(({ key }) => key);
    for (const needed of [
      'from',
      'to',
      'subject',
      'date',
      'message-id',
      'mime-version',
      'auto-submitted',
    ])
      assert.equal(headers.filter((key) => key === needed).length, 1, `${row.kind}: ${needed}`);
    for (const unwanted of ['cc', 'bcc', 'reply-to', 'x-mailer', 'sender', 'return-path'])
      assert.ok(!headers.includes(unwanted), `${row.kind}: ${unwanted}`);
    assert.equal(parsed.headers.get('auto-submitted'), 'auto-generated');
    assert.ok(Number(parsed.text?.length) > 50 && String(parsed.html).includes('<body'), row.kind);
    assert.deepEqual(parsed.attachments, []);
    // SMTP limits lines, and a DKIM signature must survive every relay.
    assert.equal(Buffer.byteLength(raw), raw.length, 'plain ASCII');
    for (const line of raw.split('\r\n'))
      assert.ok(line.length <= 998 && !/[\r\n]/.test(line), row.kind);

    const words = `${parsed.subject} ${parsed.text} ${parsed.html} ${Buffer.from(raw).toString('latin1')}`;
    assert.doesNotMatch(words, /evil|7006652|Your account is locked|\u202e/, row.kind);
    for (const [address] of `${parsed.text} ${parsed.html}`.matchAll(/\b[a-z]+:\/\/[^\s"<]+/g))
      assert.ok(address.startsWith('https://app.ada.test/'), `${row.kind}: ${address}`);
    assert.doesNotMatch(
      String(parsed.html),
      /<(img|link|script|iframe|form|style)\b|\bsrc=|url\(|@import/i,
    );
  }
  assert.equal(new Set(sink.mails.map(({ parsed }) => parsed.messageId)).size, sink.mails.length);
});

test('L04 without trusted TLS a mail waits, counted and logged; no password is sent', async (t) => {
  const service = await createTestApp(t);
  let shown = 0;
  const onAuth = () => {
    shown += 1;
  };
  const plain = await startSmtpSink(t, {
    disabledCommands: ['STARTTLS'],
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth,
  });
  const person = newRegistration();
  assertStatus(await service.api.post('/api/users/register', person), 201);
  const sender = {
    host: '127.0.0.1',
    port: plain.port,
    fromEmail: 'adl@service.test',
    fromName: 'ADL',
  };
  const secret = { user: 'adl', password: 'password-of-the-mail-server' };
  await service.mailbox.deliver(
    createSmtpTransport({ ...sender, ...secret, security: 'starttls' }),
  );
  assert.deepEqual([shown, plain.mails.length, plain.attempts.size], [0, 0, 0]);
  const row = await service.db.selectFrom('mails').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([row.status, row.attempts, row.last_error], ['queued', 1, 'no trusted TLS']);
  const { text } = await service.api.get('/metrics');
  assert.match(text, /adl_mail_attempts_failed 1\n/);
  assert.match(text, /adl_mails\{status="queued"\} 1\n/);
  assert.match(service.logs(), /"level":"warn"[^\n]*Mail not sent yet/);
  assert.ok(!service.logs().includes(secret.password));

  // Once the server offers TLS, or the operator allows plain text, the same mail is sent.
  await service.clock.advance(60);
  await service.mailbox.deliver(createSmtpTransport({ ...sender, security: 'none' }));
  assert.deepEqual(
    plain.mails.map(({ recipients }) => recipients),
    [[person.email]],
  );
});

/** The use of the last two is told. */
async function useRecoveryCodes(service: TestApp): Promise<void> {
  const { accessToken, recoveryCodes } = await protectedAccount(service, userRealm);
  const calls = factorCalls(service, userRealm, accessToken);
  for (const code of recoveryCodes.slice(1))
    assertStatus(await calls.reauthenticate({ code }), 204);
}
