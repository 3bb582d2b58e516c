import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { assertStatus } from '../../test/api.ts';
import { insertBulkUsers } from '../../test/bulk-users.ts';
import { signedInAdmin } from '../../test/factories.ts';
import { createTestApp, type TestApp } from '../../test/test-app.ts';

test('more searches than may be at work wait for their turn and are answered, and nothing else waits', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const { api, token, limits, db } = await withAdmin(service);
  const { accessToken: other } = await signedInAdmin(service);
  await insertBulkUsers(db, 30);
  const gate = Promise.withResolvers<void>();
  const held = [newRequest(), newRequest()].map(({ request, reply }) =>
    limits.searchInTurn(request, reply, () => gate.promise),
  );
  let answered = 0;
  const searches = Array.from({ length: 5 }, async () => {
    const answer = await api.get('/api/admins/users?q=bulk', { token });
    answered += 1;
    return answer;
  });
  assertStatus(await api.get('/api/admins/users', { token: other }), 200);
  assert.equal(answered, 0);
  gate.resolve();
  for (const answer of await Promise.all(searches)) assert.equal(answer.body.total, 30);
  await Promise.all(held);
});

test('a search that waits three seconds for its turn is refused with 503, and one that fails leaves its place', async (t) => {
  const { limits } = await createTestApp(t, {}, { alone: true });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gate = Promise.withResolvers<void>();
  const search = (work: () => Promise<unknown>) => {
    const { request, reply } = newRequest();
    return limits.searchInTurn(request, reply, work);
  };
  const held = [search(() => gate.promise), search(() => gate.promise)];
  const late = search(async () => assert.fail('it had no turn'));
  t.mock.timers.tick(3000);
  await assert.rejects(late, { status: 503 });
  gate.reject(new Error('failed'));
  await Promise.allSettled(held);
  assert.equal(await search(async () => 'found'), 'found');
});

function newRequest() {
  return {
    request: {} as FastifyRequest,
    reply: { raw: new EventEmitter() } as unknown as FastifyReply,
  };
}

async function withAdmin(service: TestApp) {
  return { ...service, token: (await signedInAdmin(service)).accessToken };
}
