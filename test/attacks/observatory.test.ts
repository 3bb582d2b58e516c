import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp } from '../test-app.ts';
import { observatoryScore } from './observatory.ts';

test('pages and answers of the API earn the A+ of the HTTP Observatory', async (t) => {
  const { api } = await createTestApp(t);
  const scores = async (path: string) => {
    const answer = await api.get(path);
    assert.ok(answer.status === 200 || answer.status === 401, path);
    const { score, grade } = observatoryScore(answer);
    return { score, grade };
  };
  // 100, and for no source by default 10, frames 5, referrer 5, resource policy 10.
  for (const path of [
    '/app/reset-password',
    '/app/verify-email',
    '/app/undo',
    '/redoc',
    '/health',
    '/api/users/me',
  ]) {
    assert.deepEqual(await scores(path), { score: 130, grade: 'A+' }, path);
  }
  // It writes styles by script, and loses the 10 for it.
  assert.deepEqual(await scores('/docs'), { score: 120, grade: 'A+' });
});

test('each header that is missing or weak costs what the table says', async (t) => {
  const { api } = await createTestApp(t);
  const page = await api.get('/app/reset-password');
  const scoreWith = (change: Record<string, string>, text = page.text) =>
    observatoryScore({ headers: { ...page.headers, ...change }, text });
  const policy = String(page.headers['content-security-policy']);
  const policyWith = (from: string, to: string) => ({
    'content-security-policy': policy.replace(from, to),
  });

  assert.deepEqual(observatoryScore({ headers: {}, text: '' }).grade, 'D');
  for (const [name, change, score, grade] of [
    ['inline scripts', policyWith("script-src 'self'", "script-src 'self' 'unsafe-inline'"), 80, 'B+'],
    ['scripts of anybody', policyWith("script-src 'self'", 'script-src https:'), 80, 'B+'],
    ['eval', policyWith("script-src 'self'", "script-src 'self' 'unsafe-eval'"), 110, 'A+'],
    ['inline styles', policyWith("style-src 'self'", "style-src 'self' 'unsafe-inline'"), 120, 'A+'],
    ['own sources by default', policyWith("default-src 'none'", "default-src 'self'"), 125, 'A+'],
    ['no policy, frames by the old header', { 'content-security-policy': '' }, 75, 'B'],
    [
      'frames of anybody',
      { ...policyWith("ancestors 'none'", 'ancestors *'), 'x-frame-options': '' },
      80,
      'B+',
    ],
    ['transport security for a day', { 'strict-transport-security': 'max-age=86400' }, 120, 'A+'],
    ['no transport security', { 'strict-transport-security': '' }, 80, 'B+'],
    ['types guessed', { 'x-content-type-options': '' }, 125, 'A+'],
    ['the whole address told', { 'referrer-policy': 'unsafe-url' }, 120, 'A+'],
    ['resources for everybody', { 'cross-origin-resource-policy': 'cross-origin' }, 120, 'A+'],
    ['cookies of everybody', { 'access-control-allow-credentials': 'true' }, 50, 'C'],
    [
      'a cookie as it should be',
      { 'set-cookie': '__Host-a=b; Path=/; Secure; HttpOnly; SameSite=Strict' },
      135,
      'A+',
    ],
    ['a cookie that scripts read', { 'set-cookie': 'a=b; Secure; SameSite=Lax' }, 70, 'B'],
  ] as const) {
    const found = scoreWith(change);
    assert.deepEqual([found.score, found.grade], [score, grade], name);
  }
  const foreign = page.text.replace('src="/app/', 'src="https://cdn.example.com/');
  assert.equal(scoreWith({}, foreign).score, 125);
});
