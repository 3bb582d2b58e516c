import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRegistration } from '../factories.ts';
import { type ServerProcess, startServer } from '../faults/server-process.ts';
import { compare } from './two-samples.ts';

const pairs = 60;
const warmUpPairs = 10;
// The worker must finish the job of one request before the next is measured.
const settleMilliseconds = 150;

test('A05 forgot-password takes the same time for a known and an unknown address', async (t) => {
  const server = await startServer(t, { env: { RATE_LIMIT_PER_HOUR: '0', LOG_LEVEL: 'warn' } });
  await measure(server, warmUpPairs);
  const verdicts = { true: 0, false: 0 };
  while (verdicts.true < 2 && verdicts.false < 2) {
    const { known, unknown } = await measure(server, pairs);
    const comparison = compare(unknown, known);
    const apart =
      Math.abs(comparison.medianDifference) > 5 || comparison.auc < 0.35 || comparison.auc > 0.65;
    t.diagnostic(
      `median difference ${comparison.medianDifference.toFixed(2)} ms, AUC ${comparison.auc.toFixed(3)}`,
    );
    verdicts[`${apart}`] += 1;
  }
  assert.equal(verdicts.false, 2);
});

/** Alternates unknown and known, and which comes first; a new account each time. */
async function measure(
  server: ServerProcess,
  count: number,
): Promise<{ known: number[]; unknown: number[] }> {
  const timings = { known: [] as number[], unknown: [] as number[] };
  for (let pair = 0; pair < count; pair += 1) {
    const person = newRegistration();
    await server.request('POST', '/api/users/register', { body: person });
    await sleep(settleMilliseconds);
    const order =
      pair % 2 === 0 ? (['unknown', 'known'] as const) : (['known', 'unknown'] as const);
    for (const kind of order) {
      const body = { email: kind === 'known' ? person.email : newRegistration().email };
      const started = performance.now();
      const { status } = await server.request('POST', '/api/password/forgot-password', { body });
      timings[kind].push(performance.now() - started);
      assert.equal(status, 200);
      await sleep(settleMilliseconds);
    }
  }
  return timings;
}
