import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestOptions } from './http-request.ts';
import type { ServerProcess } from './server-process.ts';

/** Requests that need no database and must not be affected when it is unavailable. */
const unaffected: [
  name: string,
  method: string,
  path: string,
  options: RequestOptions,
  status: number,
][] = [
  ['live', 'GET', '/health/live', {}, 200],
  ['no token', 'GET', '/api/users/me', {}, 401],
  ['no body', 'POST', '/api/users/login', { body: {} }, 422],
  ['docs', 'GET', '/docs/', {}, 200],
  [
    'preflight',
    'OPTIONS',
    '/api/users/login',
    { headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' } },
    204,
  ],
];

const mostMilliseconds = 100;

/** Sends them repeatedly; `stop` fails if one was answered wrongly, or half of them were slow. */
export function watchUnaffected(
  t: Pick<TestContext, 'after'>,
  server: ServerProcess,
): { stop: () => Promise<void> } {
  const times = new Map<string, number[]>(unaffected.map(([name]) => [name, []]));
  let isStopping = false;
  const watch = async (): Promise<void> => {
    while (!isStopping) {
      for (const [name, method, path, options, status] of unaffected) {
        const answer = await server.request(method, path, options);
        assert.equal(answer.status, status, `${name} while the database is unavailable`);
        times.get(name)?.push(answer.ms);
      }
      await sleep(100);
    }
  };
  const watching = watch();
  // Awaited in `stop`.
  watching.catch(() => {});
  t.after(() => {
    isStopping = true;
  });
  return {
    stop: async () => {
      isStopping = true;
      await watching;
      for (const [name, all] of times) {
        const median = all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.POSITIVE_INFINITY;
        assert.ok(
          all.length >= 5 && median < mostMilliseconds,
          `${name}: ${all.map(Math.round)} ms`,
        );
      }
    },
  };
}
