import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createTestApp } from '../test-app.ts';

/** The series of a Prometheus text without their values: `adl_mails{status="sent"}`. */
function seriesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .toSorted();
}

test('M07 ten thousand unknown paths add no series and no text to the metrics', async (t) => {
  const { api, app } = await createTestApp(t, { LOG_LEVEL: 'error' });
  const read = async () => (await api.get('/metrics')).text;
  // The first unknown path, method and status may add series before the count.
  for (const method of ['GET', 'POST', 'DELETE'] as const)
    await app.inject({ method, url: '/never-heard-of' });
  await read();
  const before = seriesOf(await read());
  assert.ok(before.length > 0);
  for (let count = 0; count < 10_000; count += 1) {
    const name = `zq9${randomBytes(6).toString('hex')}`;
    const url = [`/${name}`, `/api/users/${name}`, `/api/admins/users/${name}?${name}`][count % 3] ?? '';
    const method = (['GET', 'POST', 'DELETE'] as const)[count % 7] ?? 'GET';
    await app.inject({ method, url, headers: { 'user-agent': name } });
  }
  const text = await read();
  assert.deepEqual(seriesOf(text), before);
  assert.doesNotMatch(text, /zq9|never-heard-of/);
});
