import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createTestApp } from '../test-app.ts';

/**
 * The service's own series of a Prometheus text without their values: `adl_mails{status="sent"}`.
 */
function seriesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('adl_'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .toSorted();
}

test('M07 ten thousand unknown paths add no series and no text to the metrics', async (t) => {
  const { api, app } = await createTestApp(t, { LOG_LEVEL: 'error' });
  const read = async () => (await api.get('/metrics')).text;
  const ask = async (count: number) => {
    const name = `zq9${randomBytes(6).toString('hex')}`;
    const url =
      [`/${name}`, `/api/users/${name}`, `/api/admins/users/${name}?${name}`][count % 3] ?? '';
    const method = (['GET', 'POST', 'DELETE'] as const)[count % 7] ?? 'GET';
    await app.inject({ method, url, headers: { 'user-agent': name } });
  };
  // The first of each kind adds its series, up to the limit and beyond.
  for (let count = 0; count < 500; count += 1) await ask(count);
  await read();
  const before = seriesOf(await read());
  assert.ok(before.length > 0);
  for (let count = 0; count < 10_000; count += 1) await ask(count);
  const text = await read();
  assert.deepEqual(seriesOf(text), before);
  assert.doesNotMatch(text, /zq9/);
});
