import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { newRegistration, signedInAdmin } from '../../../test/factories.ts';
import { type SmtpSink, startSmtpSink } from '../../../test/smtp-sink.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { createSmtpTransport } from '../../platform/smtp/smtp-transport.ts';

/** A mail server that refuses the credentials until `areGood` is set. */
async function withFailingServer(t: TestContext, service: TestApp) {
  const credentials = { areGood: false };
  const sink = await startSmtpSink(t, {
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: (_auth, _session, done) =>
      credentials.areGood
        ? done(null, { user: 'adl' })
        : done(Object.assign(new Error('no'), { responseCode: 535 })),
  });
  const settings = {
    host: '127.0.0.1',
    port: sink.port,
    security: 'none',
    user: 'adl',
    password: 'x',
  } as const;
  const smtp = createSmtpTransport({ ...settings, fromEmail: 'adl@service.test', fromName: 'ADL' });
  return { sink, credentials, deliver: () => service.mailbox.deliver(smtp) };
}

async function register(service: TestApp, email: string): Promise<void> {
  assertStatus(await service.api.post('/api/users/register', newRegistration({ email })), 201);
}

function recipientsOf(sink: SmtpSink): string[] {
  return sink.mails.flatMap(({ recipients }) => recipients).toSorted();
}

async function lastErrors(service: TestApp): Promise<(string | null)[]> {
  const rows = await service.db.selectFrom('mails').select('last_error').orderBy('id').execute();
  return rows.map(({ last_error }) => last_error);
}

/** Fails until the next attempt is minutes away. */
async function failOften(service: TestApp, deliver: () => Promise<number>): Promise<void> {
  for (let minute = 0; minute < 12; minute += 1) {
    await deliver();
    await service.clock.advance(60);
  }
}

test('once one mail is sent, those waiting for the server follow within a minute', async (t) => {
  const service = await createTestApp(t);
  const { sink, credentials, deliver } = await withFailingServer(t, service);
  const waiting = ['a@example.com', 'b@example.com', 'c@example.com'];
  for (const email of waiting) await register(service, email);
  await failOften(service, deliver);
  await deliver();
  assert.deepEqual(
    await lastErrors(service),
    waiting.map(() => 'authentication refused'),
  );
  credentials.areGood = true;
  await service.clock.advance(5);
  await register(service, 'new@example.com');
  await deliver();
  assert.ok(sink.mails.length < 4, 'the other mails still wait');
  assert.ok(recipientsOf(sink).includes('new@example.com'));
  await service.clock.advance(60);
  await deliver();
  assert.deepEqual(recipientsOf(sink), [...waiting, 'new@example.com']);
});

test('a temporarily refused recipient keeps its own retry schedule', async (t) => {
  const service = await createTestApp(t);
  const { sink, credentials, deliver } = await withFailingServer(t, service);
  credentials.areGood = true;
  sink.script.recipient = (address) => (address.startsWith('grey') ? { code: 451 } : null);
  await register(service, 'grey@example.com');
  const attemptsOf = () => sink.attempts.get('grey@example.com') ?? 0;
  await failOften(service, deliver);
  const attempts = attemptsOf();
  for (let second = 0; second < 60; second += 20) {
    await register(service, `other${second}@example.com`);
    await deliver();
    await service.clock.advance(20);
  }
  assert.equal(sink.mails.length, 3);
  assert.ok(attemptsOf() <= attempts + 1, `${attempts} attempts, then ${attemptsOf()}`);
});

test('a mail that cannot be composed is dead at once and blocks no other mail', async (t) => {
  const service = await createTestApp(t);
  const { sink, credentials, deliver } = await withFailingServer(t, service);
  credentials.areGood = true;
  await register(service, 'unwritable@example.com');
  await register(service, 'other@example.com');
  const unwritable = service.db.updateTable('mails').set({ kind: 'of_a_later_version' as 'test' });
  await unwritable.where('recipient', '=', 'unwritable@example.com').execute();
  for (let count = 0; count < 3; count += 1) {
    await deliver();
    await service.clock.advance(3600);
  }
  assert.deepEqual(recipientsOf(sink), ['other@example.com']);
  const { accessToken: token } = await signedInAdmin(service);
  const [mail] = (await service.api.get('/api/admins/mails?status=dead', { token })).body.items;
  assert.deepEqual([mail.attempts, mail.last_error], [1, 'the message could not be composed']);
  const lines = service.logs().split('\n');
  assert.equal(
    lines.filter((line) => line.includes('Mail is dead: the message could not be composed')).length,
    1,
  );
  assert.equal(lines.filter((line) => line.includes('A job failed')).length, 0);
  assert.ok(!service.logs().includes('unwritable@example.com'));
});

test('a mail whose recipient is not one plain address is dead at once', async (t) => {
  const service = await createTestApp(t);
  const { sink, credentials, deliver } = await withFailingServer(t, service);
  credentials.areGood = true;
  await register(service, 'a@example.com');
  await service.db
    .updateTable('mails')
    .set({ recipient: 'a@example.com, b@example.com' })
    .execute();
  await deliver();
  assert.equal(sink.mails.length, 0);
  assert.deepEqual(await lastErrors(service), ['not one plain address']);
});

test('a job that always throws is given up with a log line and blocks no other job', async (t) => {
  const service = await createTestApp(t);
  const done: string[] = [];
  let attempts = 0;
  const handlers = {
    mails: async () => {},
    'email-sign-in-requests': async () => {},
    'password-reset-requests': async ({ email }: { email: string }) => {
      if (email !== 'bad@example.com') return void done.push(email);
      attempts += 1;
      throw new TypeError('unexpected');
    },
  };
  for (const email of ['bad@example.com', 'good@example.com'])
    await service.jobs.send(service.db, 'password-reset-requests', { email });
  for (let count = 0; count < 40; count += 1) {
    await service.jobs.runDue(handlers);
    await service.clock.advance(1300);
  }
  assert.deepEqual(done, ['good@example.com']);
  assert.equal(attempts, 8);
  assert.equal(service.logs().match(/A job is given up/g)?.length, 1);
});
