import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLosses } from '../faults/checker.ts';
import { eventually } from '../faults/eventually.ts';
import { readLedger } from '../faults/ledger.ts';
import { newPerson, startTraffic } from '../faults/people.ts';
import { newLedger, startUnlimited } from '../faults/postgres-backed.ts';
import { assertRefusals } from '../faults/refusals.ts';
import { startFailoverCluster, withoutFailover } from './failover-cluster.ts';
import { killTree } from './program.ts';

const mostSecondsAway = 30;

describe('PostgreSQL with a synchronous standby', { skip: withoutFailover }, () => {
  test('kill -9 of the primary under load: back within 30 s, no acknowledged write lost', async (t) => {
    const { url, nodes, states, superuser } = await startFailoverCluster(t);
    const [primary, standby] = nodes;
    const server = await startUnlimited(t, { DATABASE_URL: url });
    const { ledger, file } = await newLedger(t);
    const traffic = startTraffic(t, { server, ledger }, Array.from({ length: 30 }, newPerson), 50);
    await sleep(4000);
    killTree(primary.keeper.pid);
    const killedAt = now();
    await eventually('away', async () => (await ready(server)) === 503);
    const awayMilliseconds = await eventually(
      'ready',
      async () => (await ready(server)) === 200,
      60_000,
    );
    t.diagnostic(`away for ${(awayMilliseconds / 1000).toFixed(1)} s`);
    await sleep(3000);
    await traffic.stop();
    await ledger.close();

    const entries = readLedger(file);
    const refused = assertRefusals(entries, killedAt);
    assert.ok(refused.length > 10, `${refused.length} requests were refused`);
    assert.ok(awayMilliseconds < mostSecondsAway * 1000, `${awayMilliseconds} ms`);
    const query = (sql: string) => superuser(standby.port, sql);
    assert.deepEqual(await findLosses({ server, query }, file), []);

    // The machine is back: it follows, and what it has of its own is undone.
    primary.start();
    await eventually(
      'the old primary follows',
      async () => {
        const current = await states();
        return current.get(standby.port) === 'primary' && current.get(primary.port) === 'secondary';
      },
      90_000,
    );
    assert.equal(await ready(server), 200);
  });
});

async function ready(server: {
  request: (method: string, path: string) => Promise<{ status: number }>;
}) {
  const { status } = await server.request('GET', '/health/ready');
  return status;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
