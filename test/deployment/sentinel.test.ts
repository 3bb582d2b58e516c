import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually } from '../faults/eventually.ts';
import { startDatabaseService, withoutPostgres } from '../faults/postgres-backed.ts';
import { findFreePort } from '../free-port.ts';
import { withoutRedis } from '../redis-server.ts';
import { type Program, startProgram } from './program.ts';

type Lifetime = { after(end: () => unknown): void };

const passwords = {
  ADL: 'of-the-service',
  REPLICA: 'of-the-replicas',
  SENTINEL: 'of-the-sentinels',
};
const files = join(import.meta.dirname, '../../deploy/redis-sentinel');

describe('Redis with Sentinels', { skip: withoutRedis || withoutPostgres }, () => {
  for (const [how, signal] of [
    ['killed', 'SIGKILL'],
    ['frozen', 'SIGSTOP'],
  ] as const) {
    test(`a ${how} primary is no outage, and the limits are shared again by the next`, async (t) => {
      const { servers, sentinels, primaryPort } = await startSentinels(t);
      const { server } = await startDatabaseService(t, {
        REDIS_URL: `redis://adl:${passwords.ADL}@adl`,
        REDIS_SENTINELS: sentinels.map((port) => `127.0.0.1:${port}`).join(','),
        RATE_LIMIT_PER_HOUR: '100000',
      });
      assert.match(server.logs(), /redis: ok \(3 of 3 Sentinels reachable\)/);
      const before = await primaryPort();
      const statuses: number[] = [];
      let slowest = 0;
      const ask = async (): Promise<void> => {
        const { status, ms } = await server.request('GET', '/');
        statuses.push(status);
        slowest = Math.max(slowest, ms);
      };
      for (let count = 0; count < 20; count += 1) await ask();
      assert.equal(await countIn(before), 20);
      servers.get(before)?.kill(signal);
      const begun = performance.now();
      await eventually('another is primary', async () => (await primaryPort()) !== before, 20_000);
      await eventually(
        'the service uses it',
        async () => {
          await ask();
          return (await countIn(await primaryPort())) > 20;
        },
        20_000,
      );
      t.diagnostic(`shared again after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
      assert.deepEqual([...new Set(statuses)], [200]);
      assert.ok(slowest < 1000, `${slowest} ms`);
      await eventually(
        'the log tells both',
        () => /redis: does not answer[\s\S]*redis: answers again/.test(server.logs()),
        5000,
      );
    });
  }

  test('Sentinels that are away are a warning at the start, and found once they are there', async (t) => {
    const port = await findFreePort();
    const { server } = await startDatabaseService(t, {
      REDIS_URL: `redis://adl:${passwords.ADL}@adl`,
      REDIS_SENTINELS: `127.0.0.1:${port}`,
      RATE_LIMIT_PER_HOUR: '100000',
    });
    assert.match(server.logs(), /redis: failed - 0 of 1 Sentinels reachable/);
    assert.equal((await server.request('GET', '/')).status, 200);
    await startSentinels(t, [port]);
    await eventually('used', () => /redis: answers again/.test(server.logs()), 20_000);
  });
});

async function startSentinels(t: Lifetime, given: number[] = []) {
  const directory = mkdtempSync(join(tmpdir(), 'adl-sentinel-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [first, second] = [await findFreePort(), await findFreePort()];
  const servers = new Map<number, Program>();
  for (const port of [first, second]) {
    const own = port === first ? '' : `replicaof 127.0.0.1 ${first}\n`;
    servers.set(port, startRedis(t, directory, port, own));
  }
  const sentinels = [...given];
  while (sentinels.length < 3) sentinels.push(await findFreePort());
  for (const port of sentinels) startSentinel(t, directory, port, first);
  const primaryPort = async () => Number((await masterOf(sentinels[0] ?? 0)).port);
  await eventually(
    'each Sentinel knows the replica and the others',
    async () => {
      const known = await Promise.all(sentinels.map(masterOf));
      return known.every(
        (master) => master['num-slaves'] === '1' && master['num-other-sentinels'] === '2',
      );
    },
    30_000,
  );
  await sleep(500);
  return { servers, sentinels, primaryPort };
}

function startRedis(t: Lifetime, directory: string, port: number, own: string): Program {
  const file = join(directory, `redis-${port}.conf`);
  writeFileSync(
    file,
    `${configurationOf('redis.conf', port)}bind 127.0.0.1\ndir ${directory}\n${own}`,
  );
  return startProgram(t, ['redis-server', file]);
}

function startSentinel(t: Lifetime, directory: string, port: number, primary: number): void {
  const file = join(directory, `sentinel-${port}.conf`);
  const text = configurationOf('sentinel.conf', port)
    .replace('dir /var/lib/redis', `dir ${directory}`)
    .replace('10.0.0.1 6379', `127.0.0.1 ${primary}`);
  writeFileSync(file, `${text}bind 127.0.0.1\n`);
  startProgram(t, ['redis-server', file, '--sentinel']);
}

function configurationOf(name: string, port: number): string {
  return readFileSync(join(files, name), 'utf8')
    .replace(/^port \d+$/m, `port ${port}`)
    .replace(/@(\w+)_PASSWORD@/g, (_, who: keyof typeof passwords) => passwords[who]);
}

async function masterOf(sentinel: number): Promise<Record<string, string>> {
  const client = new Redis(sentinel, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    const flat = (await client.call('SENTINEL', 'MASTER', 'adl')) as
      | string[]
      | Record<string, string>;
    if (!Array.isArray(flat)) return flat;
    return Object.fromEntries(
      flat.flatMap((name, index) => (index % 2 ? [] : [[name, flat[index + 1] ?? '']])),
    );
  } catch {
    return {};
  } finally {
    client.disconnect();
  }
}

/** How many requests of this address a Redis has counted. */
async function countIn(port: number): Promise<number> {
  const client = new Redis(port, '127.0.0.1', {
    username: 'adl',
    password: passwords.ADL,
    retryStrategy: () => null,
  });
  client.on('error', () => {});
  try {
    return Number((await client.get('adl:limit:ip:127.0.0.1')) ?? 0);
  } catch {
    return 0;
  } finally {
    client.disconnect();
  }
}
