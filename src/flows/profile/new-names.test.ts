import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { goodPassword, signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';

test('B23 one address may try thirty new names an hour, over all its accounts', async (t) => {
  const service = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '200' });
  const taken = await signedInUser(service);
  const statuses: number[] = [];
  for (const changes of [20, 10, 10, 2]) {
    const { accessToken: token } = await signedInUser(service);
    for (let count = 0; count < changes; count += 1) {
      const options = { token, remoteAddress: '127.4.9.1' };
      statuses.push(
        (await service.api.put('/api/users/me', { username: taken.username }, options)).status,
      );
    }
  }
  // Refusals to the first account did not count against the others.
  const refused = Array(10).fill(429);
  assert.deepEqual(statuses, [
    ...Array(10).fill(409),
    ...refused,
    ...Array(20).fill(409),
    429,
    429,
  ]);
});

test('the eleventh new name of an account in an hour is 429 with an exact Retry-After', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  for (let count = 0; count < 10; count += 1) {
    assertStatus(
      await service.api.put('/api/users/me', { username: `name.${count}` }, { token }),
      200,
    );
  }
  const refused = await service.api.put('/api/users/me', { username: 'name.10' }, { token });
  assertStatus(refused, 429);
  assertStatus(
    await service.api.put('/api/users/me', { full_name: 'No identifier' }, { token }),
    200,
  );
  // No password is hashed over the limit.
  const hashed = service.hashes();
  const change = { email: 'new@example.com', current_password: goodPassword };
  assertStatus(await service.api.put('/api/users/me', change, { token }), 429);
  assert.equal(service.hashes(), hashed);
  const seconds = Number(refused.headers['retry-after']);
  assert.ok(seconds > 3500 && seconds <= 3600);
  await service.clock.advance(seconds);
  const again = await service.api.post('/api/users/login', {
    username: 'name.9',
    password: goodPassword,
  });
  const options = { token: String(again.body.access_token) };
  assertStatus(await service.api.put('/api/users/me', { username: 'name.10' }, options), 200);
});
