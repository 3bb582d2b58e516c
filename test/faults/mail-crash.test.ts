import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRegistration } from '../factories.ts';
import { type SmtpSink, startSmtpSink } from '../smtp-sink.ts';
import { eventually } from './eventually.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const rounds = Number(process.env.FAULT_ROUNDS ?? 8);
const perRound = 20;

const engines = [
  {
    engine: 'PostgreSQL',
    start: async (t: TestContext, env: Record<string, string>) =>
      (await startDatabaseService(t, env)).server,
    skip: withoutPostgres,
  },
  { engine: 'the embedded database', start: startUnlimited, skip: false },
];

describe('kill -9 while mails are being sent', { concurrency: 2 }, () => {
  for (const { engine, start, skip } of engines) {
    test(`on ${engine}: ${rounds} kills lose no promised mail, each duplicates one at most`, {
      skip,
    }, async (t) => {
      const sink = await startSmtpSink(t);
      let server = await start(t, mailEnvironment(sink));
      const promised = new Set<string>();
      const asked = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        const people = Array.from({ length: perRound }, () => newRegistration());
        const settled = Promise.allSettled(
          people.map(async (body) => {
            asked.add(body.email);
            const { status } = await server.request('POST', '/api/users/register', { body });
            if (status === 201) promised.add(body.email);
          }),
        );
        // Sometimes during the registrations, sometimes during their mails.
        const answers = promised.size + randomInt(1, perRound);
        await eventually('some are answered', () => promised.size >= answers);
        await sleep(randomInt(0, 200));
        await server.kill9();
        await settled;
        server = await startServer(t, { env: server.env });
      }
      assert.ok(promised.size > rounds, `${promised.size} registrations were answered`);
      const received = () => new Set(sink.mails.flatMap(({ recipients }) => recipients));
      await eventually(
        'every promised mail is there',
        () => promised.isSubsetOf(received()),
        90_000,
      );
      const ids = sink.mails.map(({ parsed }) => parsed.messageId);
      const copies = ids.length - new Set(ids).size;
      t.diagnostic(`${engine}: ${rounds} kills, ${promised.size} mails, ${copies} copies`);
      assert.ok(copies <= rounds, `${copies} copies after ${rounds} kills`);
      assert.ok(received().isSubsetOf(asked));
      // One mail for each account: a copy has the same id as the first.
      assert.equal(new Set(ids).size, received().size);
      assert.doesNotMatch(server.logs(), /Uncaught|500 Internal/);
    });
  }
});

function mailEnvironment(sink: SmtpSink): Record<string, string> {
  const smtp = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(sink.port), SMTP_SECURITY: 'none' };
  // A cheap hash, since this test kills mails.
  return { ...smtp, BCRYPT_ROUNDS: '6', SMTP_FROM_EMAIL: 'adl@service.test' };
}

describe('a server stops while mails wait', () => {
  test('mails not sent by a stopping server are sent by the next one, once', async (t) => {
    const sink = await startSmtpSink(t);
    const first: ServerProcess = await startUnlimited(t, mailEnvironment(sink));
    const people = Array.from({ length: 40 }, () => newRegistration());
    await Promise.all(people.map((body) => first.request('POST', '/api/users/register', { body })));
    assert.equal((await first.terminate()).code, 0);
    const sentBefore = sink.mails.length;
    await startServer(t, { env: first.env });
    await eventually('all mails are there', () => sink.mails.length >= people.length, 60_000);
    const ids = new Set(sink.mails.map(({ parsed }) => parsed.messageId));
    assert.equal(ids.size, people.length);
    assert.equal(sink.mails.length, people.length, `no copy; ${sentBefore} were sent before`);
  });
});
