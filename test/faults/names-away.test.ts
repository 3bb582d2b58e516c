import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '../command-line.ts';
import { type NameServer, startNameServer } from '../deployment/name-server.ts';
import { newRegistration } from '../factories.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { findLosses } from './checker.ts';
import { eventually } from './eventually.ts';
import { readLedger } from './ledger.ts';
import { newPerson, startTraffic } from './people.ts';
import { newLedger, startDatabaseService, untilReady, withoutPostgres } from './postgres-backed.ts';
import { assertRefusals, lengthOf } from './refusals.ts';
import { withoutMounts } from './small-disk.ts';
import { watchUnaffected } from './unaffected.ts';

const seconds = lengthOf({ short: 8, full: 30 });
const [databaseHost, mailHost] = ['database.adl.test', 'mail.adl.test'];

describe('names are not resolved', { skip: withoutPostgres || withoutMounts }, () => {
  for (const mode of ['fail', 'silent'] as const) {
    const what = mode === 'fail' ? 'refused' : 'not answered';
    test(`FI-39 names of database and mail server are ${what}: 503 in time, and back by itself`, async (t) => {
      const { names, wrapper } = await ownNameServer(
        t,
        mode === 'fail' ? '127.0.53.1' : '127.0.53.2',
      );
      const sink = await startSmtpSink(t);
      const env = {
        SMTP_HOST: mailHost,
        SMTP_PORT: String(sink.port),
        SMTP_FROM_EMAIL: 'accounts@example.com',
        // Only on loopback may mail go unencrypted, which a name does not show.
        SMTP_SECURITY: 'starttls',
        HASH_QUEUE_MAX_WAIT_SECONDS: '60',
      };
      const service = await startDatabaseService(t, env, undefined, {
        wrapper,
        host: databaseHost,
      });
      const { server, query } = service;
      const { ledger, file } = await newLedger(t);
      const traffic = startTraffic(
        t,
        { server, ledger },
        Array.from({ length: 30 }, newPerson),
        40,
      );
      await sleep(2000);
      const from = now();
      names.mode = mode;
      // Connections that are open need no name.
      await query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'service'",
      );
      const watch = watchUnaffected(t, server);
      await sleep(seconds * 1000);
      assert.equal((await server.request('GET', '/health/ready')).status, 503);
      await watch.stop();
      names.mode = 'answer';
      const backAt = now();
      // A question that is under way when the name server is back is asked again after five
      // seconds.
      assert.ok((await untilReady(server)) < 10_000);
      await sleep(2000);
      await traffic.stop();
      await ledger.close();

      const refused = assertRefusals(readLedger(file), from);
      assert.ok(refused.length > 10, `${refused.length} requests were refused`);
      assert.deepEqual(
        refused.filter(({ sentAt }) => (sentAt ?? 0) > backAt + 10_000),
        [],
      );
      assert.deepEqual(await findLosses(service, file), []);
      assert.doesNotMatch(server.logs(), /500 Internal Server Error|Uncaught/);
      assert.equal(
        (await server.request('POST', '/api/users/register', { body: newRegistration() })).status,
        201,
      );
      // The sink has no TLS: that the mail server answers shows in what its mails wait for.
      await eventually(
        'the mail server is asked',
        () => /no trusted TLS|not understood/.test(server.logs()),
        60_000,
      );
    });
  }
});

/** A server started with the wrapper asks this name server alone, and no file of hosts. */
async function ownNameServer(
  t: TestContext,
  address: string,
): Promise<{ names: NameServer; wrapper: string[] }> {
  const names = await startNameServer(t, { address, port: 53 });
  names.hosts = { [databaseHost]: '127.0.0.1', [mailHost]: '127.0.0.1' };
  const directory = temporaryDirectory(t);
  const files = { 'resolv.conf': `nameserver ${address}\n`, 'nsswitch.conf': 'hosts: files dns\n' };
  const mounts = Object.entries(files).map(([name, content]) => {
    writeFileSync(join(directory, name), content);
    return `mount --bind ${join(directory, name)} /etc/${name}`;
  });
  const script = `${mounts.join(' && ')} && exec "$@"`;
  return { names, wrapper: ['unshare', '--mount', 'sh', '-c', script, 'sh'] };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
