import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRegistration } from '../factories.ts';
import { findLosses } from '../faults/checker.ts';
import { eventually } from '../faults/eventually.ts';
import { readLedger } from '../faults/ledger.ts';
import { newPerson, startTraffic } from '../faults/people.ts';
import {
  newLedger,
  startUnlimited,
  untilReady,
  withoutPostgres,
} from '../faults/postgres-backed.ts';
import { findFreePort } from '../free-port.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { startPooledDatabase, withoutPgbouncer } from './pgbouncer.ts';

const fewConnections = (configuration: string) =>
  configuration.replace('default_pool_size = 20', 'default_pool_size = 4');

describe('PgBouncer in transaction mode', { skip: withoutPostgres || withoutPgbouncer }, () => {
  test('lives pass through four connections, which two servers with twenty share; nothing is lost', async (t) => {
    const { postgres, env } = await startPooledDatabase(t, fewConnections);
    const server = await startUnlimited(t, env);
    const other = await startUnlimited(t, { ...server.env, PORT: String(await findFreePort()) });
    const { ledger, file } = await newLedger(t);
    const people = Array.from({ length: 40 }, newPerson);
    const halves = [server, other].map((one, index) =>
      startTraffic(t, { server: one, ledger }, people.slice(20 * index, 20 * (index + 1)), 40),
    );
    let most = 0;
    for (let second = 0; second < 8; second += 1) {
      await sleep(1000);
      const [row] = await postgres.query(
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = 'service'",
      );
      most = Math.max(most, Number(row?.count));
    }
    await Promise.all(halves.map(({ stop }) => stop()));
    await ledger.close();
    assert.equal(most, 4, 'migrations have ended, and nothing else goes around the pool');
    const answers = readLedger(file).map(({ answer, failure }) => answer?.status ?? failure);
    assert.ok(answers.length > 200, `${answers.length} requests`);
    assert.deepEqual(
      answers.filter((status) => typeof status !== 'number' || status >= 500),
      [],
    );
    const query = (sql: string) => postgres.query(sql, 'adl');
    assert.deepEqual(await findLosses({ server, query }, file), []);
    assert.doesNotMatch(server.logs(), /not set through DATABASE_URL|"level":"error"/);
  });

  test('jobs are polled for: a mail leaves within seconds, and no connection listens', async (t) => {
    const { postgres, env } = await startPooledDatabase(t);
    const sink = await startSmtpSink(t);
    const mail = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(sink.port), SMTP_SECURITY: 'none' };
    const server = await startUnlimited(t, { ...env, ...mail, SMTP_FROM_EMAIL: 'adl@example.com' });
    const body = newRegistration();
    assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
    await eventually('the verification', () => sink.mails.length === 1, 5000);
    await server.request('POST', '/api/password/forgot-password', { body: { email: body.email } });
    await eventually('the reset link', () => sink.mails.length === 2, 5000);
    const listening = await postgres.query(
      "SELECT FROM pg_stat_activity WHERE query ILIKE 'listen%'",
    );
    assert.deepEqual(listening, []);
    assert.doesNotMatch(server.logs(), /LISTEN/);
  });

  test('when PostgreSQL or PgBouncer was away, the service is back within five seconds', async (t) => {
    const { postgres, pgbouncer, env } = await startPooledDatabase(t);
    const server = await startUnlimited(t, env);
    await postgres.stop('immediate');
    await eventually(
      'not ready',
      async () => (await server.request('GET', '/health/ready')).status === 503,
    );
    const body = newRegistration();
    const refused = await server.request('POST', '/api/users/register', { body });
    assert.equal(refused.status, 503);
    await postgres.start();
    assert.ok((await untilReady(server)) < 5000);
    // Frozen, it accepts connections and answers nobody.
    pgbouncer.kill('SIGSTOP');
    const begun = performance.now();
    assert.equal((await server.request('POST', '/api/users/register', { body })).status, 503);
    assert.ok(performance.now() - begun < 3200);
    pgbouncer.kill('SIGCONT');
    assert.ok((await untilReady(server)) < 5000);
    assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  });

  test('without the limits of connect_query it starts and warns', async (t) => {
    const { env } = await startPooledDatabase(t, (text) => text.replace(/ connect_query='.*'/, ''));
    const server = await startUnlimited(t, env);
    assert.match(server.logs(), /statement_timeout, lock_timeout, .* not set through DATABASE_URL/);
  });

  test('without DATABASE_DIRECT_URL the start fails in one line that names it', async (t) => {
    const { env } = await startPooledDatabase(t);
    const server = await startUnlimited(
      t,
      { DATABASE_URL: env.DATABASE_URL },
      { waitReady: false },
    );
    const { code } = await server.exited;
    assert.equal(code, 1);
    assert.match(server.logs(), /database: failed - .*DATABASE_DIRECT_URL/);
    assert.doesNotMatch(server.logs(), /of the tests|of%20the/);
  });
});
