import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { newRegistration } from '../../test/factories.ts';
import { createTestApp } from '../../test/test-app.ts';
import { ApiError, createClient } from './client.ts';
import { solvePuzzle } from './solve-puzzle.ts';

/** The service on a port, and a fetch that counts what goes through it. */
async function listen(t: TestContext) {
  const { app } = await createTestApp(t, { ABUSE_CHALLENGE: 'always' });
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const statuses: number[] = [];
  const counting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    statuses.push(response.status);
    return response;
  };
  const { port } = app.server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}`, fetch: counting, statuses };
}

test('the client solves a puzzle by itself: sign up, forget the password, sign in', async (t) => {
  const { baseUrl, fetch, statuses } = await listen(t);
  const client = createClient({ baseUrl, fetch });
  const { username, password, email } = newRegistration();
  await client.call('POST /api/users/register', { body: { username, password, email } });
  await client.call('POST /api/password/forgot-password', { body: { email } });
  await assert.rejects(client.signIn({ username, password: 'wrong' }), { status: 401 });
  await client.signIn({ username, password });
  assert.equal((await client.call('GET /api/users/me')).username, username);
  assert.deepEqual(statuses, [428, 201, 428, 200, 401, 428, 200, 200]);
});

test('puzzles can be solved elsewhere, and what is no solution ends after three', async (t) => {
  const { baseUrl, fetch, statuses } = await listen(t);
  const body = newRegistration();
  const solved: string[] = [];
  const elsewhere = createClient({
    baseUrl,
    fetch,
    solvePuzzle: (puzzle, signal) => {
      solved.push(puzzle);
      return solvePuzzle(puzzle, signal);
    },
  });
  await elsewhere.call('POST /api/users/register', { body });
  assert.equal(solved.length, 1);
  statuses.length = 0;
  const lazy = createClient({ baseUrl, fetch, solvePuzzle: async (puzzle) => puzzle });
  await assert.rejects(
    lazy.call('POST /api/users/register', { body: newRegistration() }),
    (error) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.reason], [428, 'challenge_required']);
      return true;
    },
  );
  assert.deepEqual(statuses, [428, 428, 428, 428]);
});

test('an aborted call stops the work on its puzzle', async (t) => {
  const { baseUrl, fetch } = await listen(t);
  const stop = new AbortController();
  const client = createClient({
    baseUrl,
    fetch,
    solvePuzzle: (puzzle, signal) => {
      stop.abort(new Error('left'));
      return solvePuzzle(puzzle, signal);
    },
  });
  const options = { body: newRegistration(), signal: stop.signal };
  await assert.rejects(client.call('POST /api/users/register', options), { message: 'left' });
});
