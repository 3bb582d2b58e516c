import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialsOf, newRegistration } from '../factories.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { startServer } from './server-process.ts';

test('F13 Redis holds counters only: no token, name or mail address in keys or values', {
  skip: withoutRedis,
}, async (t) => {
  const redis = await startRedis(t);
  const server = await startServer(t, { env: { REDIS_URL: redis.url } });
  const person = newRegistration();
  const post = (path: string, body: unknown, token?: string) =>
    server.request<Record<string, string>>('POST', path, {
      body,
      ...(token === undefined ? {} : { token }),
    });
  assert.equal((await post('/api/users/register', person)).status, 201);
  const { body: first } = await post('/api/users/login', credentialsOf(person));
  const { body: second } = await post('/api/users/refresh', { refresh_token: first.refresh_token });
  const token = second.access_token ?? '';
  assert.equal((await server.request('GET', '/api/users/me', { token })).status, 200);
  assert.equal((await post('/api/password/forgot-password', { email: person.email })).status, 200);
  const unknown = { token: 'r'.repeat(64), new_password: 'granite lantern 41 willow' };
  assert.equal((await post('/api/password/reset-password', unknown)).status, 400);

  const keys = (await redis.command('KEYS', '*')) as string[];
  assert.ok(keys.length >= 4, keys.join());
  const dump: string[] = [...keys];
  for (const key of keys) {
    const type = String(await redis.command('TYPE', key));
    const read: Record<string, [string, ...string[]]> = {
      string: ['GET', key],
      hash: ['HGETALL', key],
      zset: ['ZRANGE', key, '0', '-1'],
    };
    dump.push(JSON.stringify(await redis.command(...(read[type] ?? ['DUMP', key]))));
  }
  const tokens = [first, second].flatMap((pair) => [
    pair.access_token ?? '',
    pair.refresh_token ?? '',
  ]);
  const parts = tokens.flatMap((one) => [
    one,
    ...one.split('.').filter((part) => part.length > 30),
  ]);
  const bytes = tokens.map((one) => Buffer.from(one.split('.').at(-1) ?? '', 'base64url'));
  const spelt = bytes.flatMap((one) => [
    one.subarray(20).toString('hex'),
    one.subarray(21).toString('base64url'),
  ]);
  const text = dump.join('\n');
  for (const secret of [
    ...parts,
    ...spelt,
    ...Object.values(person),
    unknown.token,
    unknown.new_password,
  ]) {
    assert.ok(typeof secret === 'string' && secret.length >= 6);
    assert.ok(!text.includes(secret), secret);
  }
  // The control: the search finds the session's id, which is there.
  const sessionId = Buffer.from(String(first.refresh_token).slice(3), 'base64url').toString(
    'hex',
    0,
    16,
  );
  assert.ok(text.replaceAll('-', '').includes(sessionId), text);
});
