import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp } from '../test-app.ts';
import { observatoryScore } from './observatory.ts';

test('pages and API answers score A+ at the HTTP Observatory', async (t) => {
  const { api } = await createTestApp(t);
  const scores = async (path: string) => {
    const answer = await api.get(path);
    assert.ok(answer.status === 200 || answer.status === 401, path);
    const { score, grade } = observatoryScore(answer);
    return { score, grade };
  };
  // 100, plus 10 for default-src 'none', 5 for frames, 5 for referrer and 10 for resource policy.
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
  // It sets styles by script, which costs those 10.
  assert.deepEqual(await scores('/docs'), { score: 120, grade: 'A+' });
});

test('each missing or weak header has the published penalty', async (t) => {
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
    ['scripts from anywhere', policyWith("script-src 'self'", 'script-src https:'), 80, 'B+'],
    ['eval', policyWith("script-src 'self'", "script-src 'self' 'unsafe-eval'"), 110, 'A+'],
    ['inline styles', policyWith("style-src 'self'", "style-src 'self' 'unsafe-inline'"), 120, 'A+'],
    ['own sources by default', policyWith("default-src 'none'", "default-src 'self'"), 125, 'A+'],
    ['no policy, X-Frame-Options', { 'content-security-policy': '' }, 75, 'B'],
    [
      'frames from anywhere',
      { ...policyWith("ancestors 'none'", 'ancestors *'), 'x-frame-options': '' },
      80,
      'B+',
    ],
    ['HSTS for a day', { 'strict-transport-security': 'max-age=86400' }, 120, 'A+'],
    ['no HSTS', { 'strict-transport-security': '' }, 80, 'B+'],
    ['no nosniff', { 'x-content-type-options': '' }, 125, 'A+'],
    ['the full referrer', { 'referrer-policy': 'unsafe-url' }, 120, 'A+'],
    ['cross-origin resources', { 'cross-origin-resource-policy': 'cross-origin' }, 120, 'A+'],
    ['unprotected cookies', { 'access-control-allow-credentials': 'true' }, 50, 'C'],
    ['a good cookie', { 'set-cookie': '__Host-a=b; Path=/; Secure; HttpOnly; SameSite=Strict' }, 135, 'A+'],
    ['a cookie readable by scripts', { 'set-cookie': 'a=b; Secure; SameSite=Lax' }, 70, 'B'],
  ] as const) {
    const found = scoreWith(change);
    assert.deepEqual([found.score, found.grade], [score, grade], name);
  }
  const foreign = page.text.replace('src="/app/', 'src="https://cdn.example.com/');
  assert.equal(scoreWith({}, foreign).score, 125);
});
