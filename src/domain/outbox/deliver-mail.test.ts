import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { moveTo } from '../../../test/email-calls.ts';
import {
  newRegistration,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
} from '../../../test/factories.ts';
import { forgot, reset } from '../../../test/reset-calls.ts';
import { type Script, type SmtpSink, startSmtpSink } from '../../../test/smtp-sink.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { createSmtpTransport } from '../../platform/smtp/smtp-transport.ts';
import { buryExpiredMails } from './mail-store.ts';

type Outside = { sink: SmtpSink; deliver: () => Promise<number> };

async function withMailServer(
  t: TestContext,
  service: TestApp,
  script: Script = {},
): Promise<Outside> {
  const sink = await startSmtpSink(t, { script });
  const settings = {
    host: '127.0.0.1',
    port: sink.port,
    security: 'none',
    fromEmail: 'adl@service.test',
  } as const;
  const smtp = createSmtpTransport({ ...settings, fromName: service.config.projectName });
  return { sink, deliver: () => service.mailbox.deliver(smtp) };
}

/** The state of the first mail to the recipient. */
async function statusOf(service: TestApp, recipient: string) {
  const query = service.db.selectFrom('mails').select(['status', 'attempts', 'last_error']);
  return query.where('recipient', '=', recipient).orderBy('id').executeTakeFirst();
}

test('the link in a mail delivered by SMTP resets the password', async (t) => {
  const service = await createTestApp(t);
  const { sink, deliver } = await withMailServer(t, service);
  const user = await signedInUser(service);
  assertStatus(await forgot(service.api, user.email), 200);
  await deliver();
  const mail = sink.mails.find(({ parsed }) => parsed.subject?.startsWith('Set a new password'));
  assert.deepEqual(mail?.recipients, [user.email]);
  const token = /http:\/\/localhost:8000\/app\/reset-password#token=([\w-]+)/.exec(
    mail?.parsed.text ?? '',
  )?.[1];
  assert.ok(String(mail?.parsed.html).includes(`#token=${token}"`));
  assertStatus(await reset(service.api, token), 200);
  assert.ok(!service.logs().includes(String(token)));
});

test('B05 mail goes to the stored spelling of the address', async (t) => {
  const service = await createTestApp(t);
  const { sink, deliver } = await withMailServer(t, service);
  await signedInUser(service, { email: 'Ada.B@example.com' });
  assertStatus(await forgot(service.api, 'ada.b@EXAMPLE.com'), 200);
  await deliver();
  assert.deepEqual(
    new Set(sink.mails.flatMap(({ recipients }) => recipients)),
    new Set(['Ada.B@example.com']),
  );
});

test('FI-17 a mail greylisted for six minutes arrives once, before its link expires', async (t) => {
  const service = await createTestApp(t);
  let passedSeconds = 0;
  const script: Script = { recipient: () => (passedSeconds < 360 ? { code: 451 } : null) };
  const { sink, deliver } = await withMailServer(t, service, script);
  const user = await signedInUser(service);
  await service.mailbox.deliver();
  assertStatus(await forgot(service.api, user.email), 200);
  for (; sink.mails.length === 0 && passedSeconds < 1800; passedSeconds += 5) {
    await deliver();
    await service.clock.advance(5);
  }
  for (let more = 0; more < 20; more += 1) {
    await deliver();
    await service.clock.advance(30);
  }
  assert.equal(sink.mails.length, 1);
  const attempts = sink.attempts.get(user.email) ?? 0;
  assert.ok(attempts >= 4 && attempts <= 10, `${attempts} attempts`);
});

test('attempts back off exponentially with jitter and stop when the mail expires', async (t) => {
  const service = await createTestApp(t);
  const { sink, deliver } = await withMailServer(t, service, { recipient: () => ({ code: 450 }) });
  const user = await signedInUser(service);
  await service.mailbox.deliver();
  assertStatus(await forgot(service.api, user.email), 200);
  const attemptedAt: number[] = [];
  for (let seconds = 0; seconds < 2700; ) {
    if ((await deliver()) > 0) attemptedAt.push(seconds);
    const wait = Math.max(1, Math.ceil(await secondsUntilDue(service)));
    await service.clock.advance(wait);
    seconds += wait;
  }
  const waits = attemptedAt.slice(1).map((at, index) => at - (attemptedAt[index] ?? 0));
  for (const [index, wait] of waits.entries()) {
    const least = Math.min(10 * 2 ** index, 1200);
    assert.ok(
      wait >= least - 5 && wait <= Math.min(2 * least, 1200) + 10,
      `wait ${index}: ${wait} s of ${waits}`,
    );
  }
  const attemptsInTime = attemptedAt.filter((at) => at < 1800).length;
  assert.ok((sink.attempts.get(user.email) ?? 0) <= attemptsInTime);
  await buryExpiredMails(service.db);
  const mails = await service.mailbox.mails('password_reset');
  assert.equal(mails[0]?.status, 'dead');
  assert.match(mails[0]?.last_error ?? '', /^expired: smtp 450 rcpt$/);
});

/** Seconds until the next job is due; an hour if none waits. */
async function secondsUntilDue({ db }: TestApp): Promise<number> {
  const { rows } = await sql<{ seconds: number | null }>`
    SELECT extract(epoch FROM min(start_after) - jobs.job_now())::float8 AS seconds
      FROM jobs.job WHERE state IN ('created', 'retry')`.execute(db);
  return rows[0]?.seconds ?? 3600;
}

test('FI-18 a permanently refused recipient is tried once; 19 others get their mail', async (t) => {
  const service = await createTestApp(t);
  const script: Script = {
    recipient: (address) => (address.startsWith('nobody') ? { code: 550 } : null),
  };
  const { sink, deliver } = await withMailServer(t, service, script);
  const people = Array.from({ length: 20 }, (_, index) =>
    newRegistration(index === 7 ? { email: 'nobody@example.com' } : {}),
  );
  for (const person of people)
    assertStatus(await service.api.post('/api/users/register', person), 201);
  await deliver();
  await service.clock.advance(3600);
  await deliver();
  assert.equal(sink.mails.length, 19);
  assert.equal(sink.attempts.get('nobody@example.com'), 1);
  const dead = { status: 'dead', attempts: 1, last_error: 'smtp 550 rcpt' };
  assert.deepEqual(await statusOf(service, 'nobody@example.com'), dead);
  const { accessToken: token } = await signedInAdmin(service);
  const list = await service.api.get('/api/admins/mails?page_size=1', { token });
  assert.equal(list.body.items[0].recipient, 'nobody@example.com');
  const metrics = await service.api.get('/metrics');
  assert.match(metrics.text, /adl_mails\{status="dead"\} 1\n/);
  assert.match(metrics.text, /adl_mails\{status="sent"\} 19\n/);
  assert.match(metrics.text, /adl_mail_attempts_failed 1\n/);
  assert.match(service.logs(), /"msg":"Mail is dead: smtp 550 rcpt"/);
  assert.ok(!service.logs().includes('nobody@example.com'));
});

test('FI-15 mails requested while the server is down arrive once when it is back', async (t) => {
  const service = await createTestApp(t);
  const { sink, deliver } = await withMailServer(t, service);
  const users = [
    await signedInUser(service),
    await signedInUser(service),
    await signedInUser(service),
  ];
  await service.mailbox.deliver();
  await sink.close();
  for (const { email } of users) assertStatus(await forgot(service.api, email), 200);
  for (let minute = 0; minute < 10; minute += 1) {
    await deliver();
    await service.clock.advance(60);
  }
  await sink.reopen();
  await service.clock.advance(640);
  await deliver();
  assert.deepEqual(
    sink.mails.flatMap(({ recipients }) => recipients).toSorted(),
    users.map(({ email }) => email).toSorted(),
  );
  for (const { parsed } of sink.mails) {
    const token = /#token=([\w-]+)/.exec(parsed.text ?? '')?.[1];
    assertStatus(await reset(service.api, token), 200);
  }
});

test('a mail whose link was used or ended in the meantime is not sent', async (t) => {
  const service = await createTestApp(t);
  const { sink, deliver } = await withMailServer(t, service);
  const user = await signedInUser(service);
  await moveTo(service, user, 'moved@example.com');
  await deliver();
  assert.deepEqual(
    sink.mails
      .map(({ recipients, parsed }) => [recipients[0], parsed.subject?.split(' – ')[0]])
      .toSorted(),
    [
      ['moved@example.com', 'Confirm your email address'],
      [user.email, 'Your email address was changed'],
    ].toSorted(),
  );
  assert.equal((await statusOf(service, user.email))?.last_error, 'the link is no longer valid');
});

test('a mail whose secret was retired before sending is dead', async (t) => {
  const service = await createTestApp(t);
  const { sink, deliver } = await withMailServer(t, service);
  const user = await signedInUser(service);
  await service.db.updateTable('links').set({ key_id: 'retired' }).execute();
  await deliver();
  assert.equal(sink.mails.length, 0);
  assert.equal((await statusOf(service, user.email))?.status, 'dead');
});

test('B09 L01 L02 L05 names with line breaks are refused; no mail contains a name', async (t) => {
  const service = await createTestApp(t, { PROJECT_NAME: 'ADL {{7*7}} & “Co”' });
  const { sink, deliver } = await withMailServer(t, service);
  for (const broken of [
    'a\r\nBcc: evil@evil.test',
    'a\nb',
    'a\rb',
    'a\u2028b',
    'a\u2029b',
    '\r\n.\r\n',
    '\n.\n',
  ]) {
    for (const field of ['email', 'username', 'full_name']) {
      const body = {
        ...newRegistration(),
        [field]: field === 'email' ? `${broken}@x.test` : broken,
      };
      assertStatus(await service.api.post('/api/users/register', body), 422);
    }
  }
  const names = [
    'Your account is locked, open http://evil.test/x',
    'evil.test',
    '<a href=//evil.test>click</a>',
    `{{7*7}} \${7*7} <%= 7*7 %> &#x3c;b&#x3e;`,
    '%0d%0aBcc: evil@evil.test',
  ];
  for (const fullName of names) {
    const user = await signedInUser(service, {
      fullName,
      username: `evil.test-${names.indexOf(fullName)}`,
    });
    assertStatus(await forgot(service.api, user.email), 200);
    const change = { current_password: user.password, new_password: 'meadow copper 77 drift' };
    assertStatus(
      await service.api.post('/api/users/change-password', change, { token: user.accessToken }),
      200,
    );
  }
  await deliver();
  assert.ok(sink.mails.length >= 2 * names.length);
  for (const { recipients, parsed, raw } of sink.mails) {
    assert.equal(recipients.length, 1);
    assert.equal(parsed.headers.has('bcc'), false);
    const words = `${raw} ${parsed.text} ${parsed.html}`;
    assert.doesNotMatch(words, /evil|ADL 49|click<|Your account is locked/);
    assert.match(parsed.subject ?? '', / – ADL \{\{7\*7\}\} & “Co”$/);
  }
});

test('L03 every Message-ID is unique', async (t) => {
  const service = await createTestApp(t);
  const { sink, deliver } = await withMailServer(t, service);
  for (let count = 0; count < 10; count += 1) await signedInUser(service);
  await deliver();
  assert.equal(new Set(sink.mails.map(({ parsed }) => parsed.messageId)).size, 10);
});
