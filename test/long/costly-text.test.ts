import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify from 'fastify';
import { collectAllowedMethods } from '../../src/platform/http/allowed-methods.ts';
import { assertStatus } from '../api.ts';
import { createFieldSender, describedFields, openService } from '../attacks/described-fields.ts';
import { cpuMilliseconds } from '../cpu-time.ts';
import { goodPassword, newRegistration } from '../factories.ts';

// Linear work takes a few milliseconds, quadratic work many seconds.
const bearableMilliseconds = 2000;

const digits = `${'1'.repeat(60_000)}x`;

for (const [field, body] of Object.entries({
  username: newRegistration({ username: digits }),
  email: newRegistration({ email: `${digits}@example.com` }),
  password: newRegistration({ password: digits }),
})) {
  test(`B13 a body full of digits as ${field} is refused quickly`, async (t) => {
    const { api } = await openService(t);
    const startedAt = cpuMilliseconds();
    const answer = await api.post('/api/users/register', body);
    assert.ok(cpuMilliseconds() - startedAt < bearableMilliseconds);
    assertStatus(answer, 422);
    const fields: string[] = answer.body.details.errors.map(
      (fault: { field: string }) => fault.field,
    );
    assert.deepEqual([...new Set(fields)], [field]);
  });
}

test('I15 input built for slow patterns is refused quickly in every field', async (t) => {
  const service = await openService(t);
  const { sendAmongPlain } = await createFieldSender(service);
  const costly = [
    `${'a'.repeat(50_000)}!`,
    `a@${'a.'.repeat(20_000)}`,
    `${'a.'.repeat(20_000)}@example.com`,
    '('.repeat(50_000),
    `${' '.repeat(50_000)}x`,
    '@'.repeat(50_000),
    `r1.${'A'.repeat(50_000)}=`,
    'u'.repeat(50_000),
  ];
  for (const field of await describedFields(service.api)) {
    if (field.place !== 'body' || !field.types.includes('string')) continue;
    for (const value of costly) {
      const startedAt = cpuMilliseconds();
      const { status } = await sendAmongPlain(field, value);
      assert.ok(status >= 400 && status < 500, `${field.label}: ${status}`);
      assert.ok(
        cpuMilliseconds() - startedAt < bearableMilliseconds,
        `${field.label} ${value.slice(0, 20)}`,
      );
    }
  }
  for (const agent of [
    ' '.repeat(8000),
    `Mozilla/5.0 ${'('.repeat(8000)}`,
    'Firefox/'.repeat(1000),
  ]) {
    const startedAt = cpuMilliseconds();
    const { username, password } = newRegistration();
    const options = { headers: { 'user-agent': agent } };
    assertStatus(await service.api.post('/api/users/login', { username, password }, options), 401);
    assert.ok(cpuMilliseconds() - startedAt < bearableMilliseconds, agent.slice(0, 20));
  }
});

test('a password of the username and other digits is refused, however many', async (t) => {
  const { api } = await openService(t);
  for (const password of [`lovelace${'7'.repeat(100)}`, 'lovelace2024', goodPassword]) {
    const answer = await api.post(
      '/api/users/register',
      newRegistration({ username: 'lovelace9', password }),
    );
    assertStatus(answer, password === goodPassword ? 201 : 422);
  }
});

test('I06 the allowed methods of a path are found quickly, however many slashes', async () => {
  const app = fastify();
  const allowedMethods = collectAllowedMethods(app);
  for (let route = 0; route < 50; route += 1) app.get(`/api/${route}/:id`, async () => null);
  await app.ready();
  assert.deepEqual(allowedMethods('/api/7/x'), ['GET', 'HEAD', 'OPTIONS']);
  const startedAt = cpuMilliseconds();
  for (let round = 0; round < 900; round += 1)
    assert.deepEqual(allowedMethods('/'.repeat(15_000)), []);
  assert.ok(cpuMilliseconds() - startedAt < bearableMilliseconds);
});
