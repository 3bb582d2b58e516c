import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { startWithoutDatabase } from '../second-app.ts';
import { createTestApp } from '../test-app.ts';

test('M07 metrics are 404 for everybody who may not read them', async (t) => {
  const service = await createTestApp(t, {
    METRICS_ALLOW: '127.0.0.9',
    TRUSTED_PROXIES: '127.0.0.8',
  });
  const { api } = service;
  assertStatus(await api.get('/metrics', { remoteAddress: '127.0.0.9' }), 200);
  const tokens = [
    (await signedInUser(service)).accessToken,
    (await signedInAdmin(service)).accessToken,
  ];
  const nothing = await api.get('/metricz', { remoteAddress: '203.0.113.7' });
  for (const options of [
    { remoteAddress: '203.0.113.7' },
    { remoteAddress: '127.0.0.1' },
    { remoteAddress: '::1' },
    ...tokens.map((token) => ({ token, remoteAddress: '203.0.113.7' })),
    { remoteAddress: '203.0.113.7', headers: { 'x-forwarded-for': '127.0.0.9' } },
    { remoteAddress: '127.0.0.9', headers: { 'x-forwarded-for': '127.0.0.9' } },
    // A trusted proxy stands for its client and may not read them itself.
    { remoteAddress: '127.0.0.8', headers: { 'x-forwarded-for': '127.0.0.9' } },
    { remoteAddress: '127.0.0.9', headers: { forwarded: 'for=127.0.0.9' } },
  ]) {
    const answer = await api.get('/metrics', options);
    assertStatus(answer, 404);
    assert.equal(answer.body.message, nothing.body.message.replace('metricz', 'metrics'));
    assert.doesNotMatch(answer.text, /adl_|# HELP/);
  }
  assertStatus(await api.get('/metrics/', { remoteAddress: '203.0.113.7' }), 404);
  for (const path of ['/Metrics', '/api/metrics', '/metrics.json']) {
    assertStatus(await api.get(path, { remoteAddress: '127.0.0.9' }), 404);
  }
  assertStatus(await api.post('/metrics', {}, { remoteAddress: '127.0.0.9' }), 405);
});

test('M07 metrics require a Host that is not a foreign name, and no other origin', async (t) => {
  const overrides = {
    CORS_ORIGINS: 'https://app.good.com',
    PUBLIC_URL: 'https://accounts.example.com',
  };
  const { api } = await createTestApp(t, overrides);
  const ask = (headers: Record<string, string>) => api.get('/metrics', { headers });
  for (const host of [
    'localhost:8000',
    '127.0.0.1:8000',
    '10.1.2.3:8000',
    '[::1]:8000',
    'adl:8000',
    'accounts.example.com',
  ]) {
    assertStatus(await ask({ host }), 200);
  }
  for (const host of [
    'evil.example',
    'evil.example:8000',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'accounts.example.com.evil.example',
    'evil.example.',
    'a b',
  ]) {
    const answer = await ask({ host });
    assert.ok([400, 404].includes(answer.status), host);
    assert.doesNotMatch(answer.text, /adl_|# HELP/);
  }
  for (const headers of [
    { host: 'localhost', origin: 'https://app.good.com' },
    { host: 'localhost', 'sec-fetch-site': 'cross-site' },
  ]) {
    const answer = await ask(headers);
    assertStatus(answer, 404);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  }
});

test('M07 no label contains personal data, an address or a raw path', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const user = await signedInUser(service, { username: 'label.ada', email: 'label@example.com' });
  await service.api.get('/api/users/me', { token: user.accessToken });
  await service.mailbox.deliver();
  const session = '/api/users/me/sessions/01890a5d-ac96-774b-bcce-b302099a8057';
  await service.api.delete(session, { token: user.accessToken });
  const { text } = await service.api.get('/metrics');
  assert.match(text, /route="\/api\/users\/me\/sessions\/:id"/);
  const labels = [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));
  assert.ok(labels.length > 0);
  for (const { name, value } of labels) {
    assert.doesNotMatch(
      name,
      /^(user|username|email|ip|client|address|path|url|host|token|session|id|agent)$/,
    );
    assert.doesNotMatch(value, /label|@|[0-9a-f]{8}-[0-9a-f]{4}|127\.0\.0\.1/);
  }
});

test('M07 without its database /health and metrics reveal no host, user or cause', async (t) => {
  const service = await createTestApp(t);
  const { api } = await startWithoutDatabase(t, service);
  for (const [path, status] of [
    ['/health', 503],
    ['/health/ready', 503],
    ['/health/live', 200],
    ['/metrics', 200],
  ] as const) {
    const answer = await api.get(path);
    assertStatus(answer, status);
    const shown = answer.text + JSON.stringify(answer.headers);
    assert.doesNotMatch(
      shown,
      /dbuser|dbsecret|dbname|127\.0\.0\.1|:1\b|postgres|ECONN|refused|kysely|\.ts\b/i,
      path,
    );
  }
  const { database } = (await api.get('/health')).body;
  assert.deepEqual(database, { connected: false, error: 'unreachable' });
});
