import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { cpuMilliseconds } from '../cpu-time.ts';
import { goodPassword, newRegistration, signedInUser } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

const longLocal = `${'a'.repeat(64)}@example.com`;
const longest = `${'a'.repeat(60)}@${'b.'.repeat(95)}com`;

test('B13 input over its limit is refused without a hash and without a query', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  const tenKilobytes = 'a'.repeat(10_000);
  const tooLong: [method: string, path: string, field: string, body: object][] = [
    ['POST', '/api/users/register', 'username', newRegistration({ username: 'u'.repeat(51) })],
    ['POST', '/api/users/register', 'full_name', newRegistration({ fullName: 'n'.repeat(300) })],
    ['POST', '/api/users/register', 'full_name', newRegistration({ fullName: 'n'.repeat(201) })],
    ['POST', '/api/users/register', 'email', newRegistration({ email: `a${longest}` })],
    ['POST', '/api/users/register', 'email', newRegistration({ email: `a${longLocal}` })],
    ['POST', '/api/users/register', 'password', newRegistration({ password: tenKilobytes })],
    ['POST', '/api/users/login', 'password', { username: 'ada', password: tenKilobytes }],
    ['POST', '/api/users/login', 'username', { username: tenKilobytes, password: goodPassword }],
    ['POST', '/api/users/refresh', 'refresh_token', { refresh_token: tenKilobytes }],
    ['POST', '/api/users/logout', 'refresh_token', { refresh_token: tenKilobytes }],
    [
      'POST',
      '/api/password/reset-password',
      'token',
      { token: tenKilobytes, new_password: goodPassword },
    ],
    [
      'POST',
      '/api/password/reset-password',
      'new_password',
      { token: 't', new_password: tenKilobytes },
    ],
    [
      'POST',
      '/api/users/change-password',
      'current_password',
      { current_password: tenKilobytes, new_password: goodPassword },
    ],
    ['PUT', '/api/users/me', 'current_password', { current_password: tenKilobytes }],
  ];
  const [hashes, statements] = [service.hashes(), service.statements().length];
  for (const [method, path, field, body] of tooLong) {
    const durations: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const started = cpuMilliseconds();
      const answer = await service.api.request(method, path, body, { token });
      durations.push(cpuMilliseconds() - started);
      assertStatus(answer, 422);
      const fields = answer.body.details.errors.map((fault: { field: string }) => fault.field);
      assert.ok(fields.length > 0 && fields.every((name: string) => name === field), answer.text);
    }
    const fastest = Math.min(...durations);
    assert.ok(fastest < 50, `${path} ${field}: ${fastest} ms`);
  }
  const { completed, running, queued } = service.hasher.state;
  assert.deepEqual({ completed, running, queued }, { completed: hashes, running: 0, queued: 0 });
  assert.equal(service.statements().length, statements);
});

test('B13 a body over 64 KiB is refused before it is read; one just below is read', async (t) => {
  const { api } = await createTestApp(t);
  const tooLarge = await api.post('/api/users/login', {
    username: 'ada',
    password: 'a'.repeat(64 * 1024),
  });
  assertStatus(tooLarge, 413);
  assertStatus(
    await api.post('/api/users/login', { username: 'ada', password: 'a'.repeat(64_000) }),
    422,
  );
});

test('B13 values exactly at their limits can register and sign in', async (t) => {
  const { api } = await createTestApp(t);
  for (const body of [
    newRegistration({ username: 'u'.repeat(50), fullName: 'n'.repeat(200) }),
    newRegistration({ username: 'uuu', fullName: '' }),
    newRegistration({ email: longest }),
    newRegistration({ email: longLocal }),
    newRegistration({ password: 'violet harbour anvil 93 '.repeat(6).slice(0, 128) }),
  ]) {
    assertStatus(await api.post('/api/users/register', body), 201);
    assertStatus(
      await api.post('/api/users/login', { email: body.email, password: body.password }),
      200,
    );
  }
  assert.equal(longest.length, 254);
});
