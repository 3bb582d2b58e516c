import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitHeaderNames, limitHeaders } from './limit-headers.ts';
import { limitState } from './rate-limit.ts';

test('a limit is sent in both header families, and CORS exposes all of them', () => {
  const policy = { name: 'ip', limit: 200, windowSeconds: 3600 };
  const headers = limitHeaders(policy, limitState(200, 17, 59_001));
  assert.deepEqual(headers, {
    'x-ratelimit-limit': '200',
    'x-ratelimit-remaining': '183',
    'x-ratelimit-reset': '60',
    'ratelimit-policy': '"ip";q=200;w=3600',
    ratelimit: '"ip";r=183;t=60',
  });
  assert.deepEqual(
    limitHeaderNames.map((name) => name.toLowerCase()),
    Object.keys(headers),
  );
});

test('remaining is at least 0, the wait at least 1 s; one refusal is the first', () => {
  const state = (count: number, milliseconds: number) => limitState(5, count, milliseconds);
  const told = { allowed: false, isFirstRefusal: false, remaining: 0, resetSeconds: 1 };
  assert.deepEqual(state(7, 0), told);
  assert.deepEqual(state(6, 0), { ...told, isFirstRefusal: true });
  assert.deepEqual(state(5, 1000), { ...told, allowed: true });
  assert.deepEqual(state(4, 1001), { ...told, allowed: true, remaining: 1, resetSeconds: 2 });
});
