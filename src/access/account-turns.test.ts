import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { assertStatus } from '../../test/api.ts';
import { signedInUser, signIn } from '../../test/factories.ts';
import { createTestApp, type TestApp } from '../../test/test-app.ts';
import { userRealm } from '../domain/realms/realms.ts';
import { AppError } from '../platform/errors.ts';
import { createAccountTurns } from './account-turns.ts';

/**
 * Keeps every connection busy until all requests of the crowd have arrived, then runs one other
 * statement. Returns how many statements of the crowd ran before it.
 */
async function statementsBefore(
  service: TestApp,
  crowd: () => Promise<unknown>[],
): Promise<number> {
  const { db, statements } = service;
  const gate = Promise.withResolvers<void>();
  const busy = Array.from({ length: 5 }, () => db.connection().execute(() => gate.promise));
  const before = statements().length;
  const answers = crowd();
  await sleep(600);
  const other = sql`SELECT 'of another client'`.execute(db);
  gate.resolve();
  await Promise.all([...busy, other, ...answers]);
  return statements()
    .slice(before)
    .findIndex((text) => text.includes('of another client'));
}

test('hundreds of requests by one account do not delay another client', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const { accessToken: token } = await signedInUser(service);
  const ask = async () => {
    const { status, headers } = await service.api.get('/api/users/me', { token });
    if (status === 503) assert.ok(Number(headers['retry-after']) > 0);
    else assert.equal(status, 200);
  };
  const before = await statementsBefore(service, () => Array.from({ length: 300 }, ask));
  assert.ok(before >= 0 && before <= 8, `${before} statements ran before it`);
});

test('refreshes of one session do not delay another client', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const { refreshToken } = await signedInUser(service);
  const refresh = async () => {
    const { status } = await service.api.post('/api/users/refresh', {
      refresh_token: refreshToken,
    });
    assert.ok([200, 401, 503].includes(status), `${status}`);
  };
  const before = await statementsBefore(service, () => Array.from({ length: 40 }, refresh));
  assert.ok(before >= 0 && before <= 8, `${before} statements ran before it`);
});

test('an owner can end all sessions while a thief floods the account with requests', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const owner = await signedInUser(service);
  const thief = await signIn(service, userRealm, owner);
  let answered = 0;
  const crowd = Array.from({ length: 200 }, async () => {
    await service.api.get('/api/users/me', { token: thief.accessToken });
    answered += 1;
  });
  const token = owner.accessToken;
  assertStatus(await service.api.post('/api/users/logout-all', undefined, { token }), 204);
  assert.ok(answered < 100, `${answered} of the thief's requests were answered first`);
  await Promise.all(crowd);
});

function newRequest() {
  const raw = new EventEmitter();
  return { raw, request: {} as FastifyRequest, reply: { raw } as unknown as FastifyReply };
}

test('requests of a key run up to the limit; the others follow in order of arrival', async () => {
  const turns = createAccountTurns(2, 1000);
  const begun: number[] = [];
  const requests = Array.from({ length: 5 }, newRequest);
  const all = requests.map(async ({ request, reply }, index) => {
    await turns.begin(request, reply, 'account');
    begun.push(index);
  });
  const seen = async (expected: number[]) => {
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(begun, expected);
  };
  await seen([0, 1]);
  for (const [ended, expected] of [
    [1, [0, 1, 2]],
    [0, [0, 1, 2, 3]],
    [0, [0, 1, 2, 3]],
    [3, [0, 1, 2, 3, 4]],
  ] as const) {
    turns.end(requests[ended]?.request as FastifyRequest);
    await seen([...expected]);
  }
  await Promise.all(all);
});

test('a request that waits too long or is gone is refused and leaves the queue', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const turns = createAccountTurns(1, 1000);
  const [first, gone, late, last] = Array.from({ length: 4 }, () => newRequest());
  const begin = (one = newRequest()) => turns.begin(one.request, one.reply, 'account');
  await begin(first);
  const [goneTurn, lateTurn] = [begin(gone), begin(late)];
  gone?.raw.emit('close');
  await assert.rejects(goneTurn, AppError);
  t.mock.timers.tick(999);
  const lastTurn = begin(last);
  t.mock.timers.tick(1);
  await assert.rejects(lateTurn, { status: 503 });
  for (const one of [gone, late, first]) turns.end(one?.request as FastifyRequest);
  await lastTurn;
  assert.equal(last?.raw.listenerCount('close'), 0);
  await turns.begin(newRequest().request, newRequest().reply, 'another account');
});
