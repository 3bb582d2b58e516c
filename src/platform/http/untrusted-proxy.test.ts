import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp } from '../../../test/test-app.ts';

const warnings = (logs: string) =>
  logs.split('\n').filter((line) => /"level":"warn".*TRUSTED_PROXIES/.test(line));

test('an untrusted proxy is logged once with its address, and at most ten are logged', async (t) => {
  const { api, logs } = await createTestApp(t, { TRUSTED_PROXIES: '10.0.0.1' }, { alone: true });
  const ask = (remoteAddress: string, headers: Record<string, string> = {}) =>
    api.get('/health/live', { remoteAddress, headers });
  await ask('203.0.113.1');
  await ask('10.0.0.1', { 'x-forwarded-for': '192.0.2.1' });
  assert.deepEqual(warnings(logs()), []);
  await ask('203.0.113.1', { 'x-forwarded-for': '192.0.2.1' });
  await ask('203.0.113.1', { 'x-real-ip': '192.0.2.1' });
  assert.equal(warnings(logs()).length, 1);
  assert.match(logs(), /from 203\.0\.113\.1, which is not in TRUSTED_PROXIES/);
  for (let last = 2; last < 30; last += 1)
    await ask(`203.0.113.${last}`, { forwarded: 'for=192.0.2.1' });
  assert.equal(warnings(logs()).length, 10);
});
