import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const limited = { RATE_LIMIT_PER_HOUR: '200', RATE_LIMIT_ACCOUNT_PER_HOUR: '2000' };

/** A page that loads in cookie mode and checks whether it has a session. */
function loadPage({ api }: TestApp, remoteAddress: string, headers: Record<string, string> = {}) {
  const page = {
    'x-session-mode': 'cookie',
    'sec-fetch-site': 'same-origin',
    'content-length': '0',
  };
  return api.post('/api/users/refresh', undefined, {
    remoteAddress,
    headers: { ...page, ...headers },
  });
}

test('a refresh without a cookie is an immediate 401 and counts toward no limit', async (t) => {
  const service = await createTestApp(t, limited);
  const remoteAddress = '127.8.0.1';
  const counted = service.statements().length;
  for (let count = 0; count < 250; count += 1) {
    const answer = await loadPage(
      service,
      remoteAddress,
      count % 2 === 0 ? {} : { cookie: 'theme=dark' },
    );
    assertStatus(answer, 401);
    assert.equal(answer.body.message, 'There is no session cookie');
    assert.equal(answer.body.details.reason, 'invalid_refresh_token');
    assert.equal(answer.headers['set-cookie'], undefined);
    assert.equal(answer.headers['x-ratelimit-remaining'], undefined);
  }
  assert.equal(service.statements().length, counted);
  const { headers } = await service.api.get('/', { remoteAddress });
  assert.equal(headers['x-ratelimit-remaining'], '199');
  for (let count = 0; count < 200; count += 1) await service.api.get('/', { remoteAddress });
  assertStatus(await loadPage(service, remoteAddress), 401);
});

test('similar requests that are not such a page load count for their address', async (t) => {
  const service = await createTestApp(t, limited);
  const { api } = service;
  const remoteAddress = '127.8.0.2';
  const page = { 'x-session-mode': 'cookie', 'sec-fetch-site': 'same-origin' };
  const counted: [status: number, ask: () => Promise<Answer>][] = [
    [401, () => loadPage(service, remoteAddress, { cookie: 'adl_user=made-up' })],
    [401, () => loadPage(service, remoteAddress, { cookie: 'a=b; adl_user=r1.' })],
    [422, () => loadPage(service, remoteAddress, { cookie: 'adl_user=' })],
    [403, () => loadPage(service, remoteAddress, { 'sec-fetch-site': 'cross-site' })],
    [422, () => loadPage(service, remoteAddress, { 'x-session-mode': 'Cookie' })],
    [422, () => api.post('/api/users/refresh', {}, { remoteAddress, headers: page })],
    [
      415,
      () =>
        api.post(
          '/api/users/refresh',
          {},
          { remoteAddress, headers: { ...page, 'content-type': 'a/b' } },
        ),
    ],
    [415, () => loadPage(service, remoteAddress, { 'transfer-encoding': 'chunked' })],
    [401, () => api.post('/api/users/logout', undefined, { remoteAddress, headers: page })],
    [405, () => api.get('/api/users/refresh', { remoteAddress, headers: page })],
    [404, () => api.post('/api/users/refresh/x', undefined, { remoteAddress, headers: page })],
    [401, () => api.get('/api/users/me', { remoteAddress, headers: page })],
  ];
  let left = 200;
  for (const [status, ask] of counted) {
    const answer = await ask();
    assertStatus(answer, status);
    left -= 1;
    assert.equal(answer.headers['x-ratelimit-remaining'], String(left), answer.text);
  }
});
