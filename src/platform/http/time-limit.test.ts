import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { exchange, portOf, requestText } from '../../../test/raw-http.ts';
import { clientGone } from './client-gone.ts';
import { limitTime, setTimeLimit } from './time-limit.ts';

const milliseconds = 50;
const json = { 'Content-Type': 'application/json' };

function createLimited(t: TestContext) {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const app = Fastify({ logger: { level: 'warn', stream } });
  app.setErrorHandler((error: Error, _request, reply) => reply.code(503).send(error.name));
  limitTime(app, milliseconds);
  t.after(() => app.close());
  return { app, lines };
}

for (const [method, body] of [
  ['GET', undefined],
  ['POST', undefined],
  ['POST', '{"read": "before the handler starts"}'],
] as const) {
  const what = `${method} ${body === undefined ? 'without' : 'with'} a body`;
  test(`${what}: a handler over its time is answered for, told, and heard no more`, async (t) => {
    const { app, lines } = createLimited(t);
    const ended = Promise.withResolvers<void>();
    let abortedAt = 0;
    app.route({
      method,
      url: '/slow',
      handler: async (_request, reply) => {
        const signal = clientGone(reply);
        assert.ok(!signal.aborted);
        await once(signal, 'abort');
        abortedAt = performance.now();
        setImmediate(ended.resolve);
        throw new Error('too late to be told to anybody');
      },
    });
    const begun = performance.now();
    const request = requestText(method, '/slow', body === undefined ? {} : json, body);
    const { answers } = await exchange(app, request, { answers: 1 });
    assert.deepEqual(
      answers.map(({ status, body: name }) => [status, name]),
      [[503, 'TimeLimitError']],
    );
    await ended.promise;
    assert.ok(abortedAt - begun >= milliseconds - 1);
    assert.deepEqual(lines, []);
  });
}

test('an answer within its time is sent, and the limit is over', async (t) => {
  const { app, lines } = createLimited(t);
  app.post('/quick', async () => 'done');
  const answers = await Promise.all(
    [0, 1].map(() => app.inject({ method: 'POST', url: '/quick' })),
  );
  await sleep(2 * milliseconds);
  assert.deepEqual(
    answers.map(({ statusCode, body }) => [statusCode, body]),
    [
      [200, 'done'],
      [200, 'done'],
    ],
  );
  assert.deepEqual(lines, []);
});

test('a hook that commits the answer is not interrupted', async (t) => {
  const { app } = createLimited(t);
  app.addHook('onSend', () => sleep(2 * milliseconds));
  app.get('/committed', async () => 'done');
  const { statusCode, body } = await app.inject('/committed');
  assert.deepEqual([statusCode, body], [200, 'done']);
});

test('a stream over its time is cut off, and one with a limit of its own is not', async (t) => {
  const { app } = createLimited(t);
  app.get('/endless', async (_request, reply) => {
    const stream = new PassThrough();
    stream.write('a part');
    return reply.send(stream);
  });
  app.get('/long', async (request, reply) => {
    setTimeLimit(request, reply, 60_000);
    const stream = new PassThrough();
    stream.write('a part');
    setTimeout(() => stream.end(' and the rest'), 2 * milliseconds);
    return reply.send(stream);
  });
  const port = await portOf(app);
  const textOf = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  assert.equal(await textOf('/long'), 'a part and the rest');
  await assert.rejects(textOf('/endless'));
});
