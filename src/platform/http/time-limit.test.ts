import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyReply } from 'fastify';
import { exchange, portOf, requestText } from '../../../test/raw-http.ts';
import { watchTimers } from '../../../test/watched-timers.ts';
import { answerEnded } from './answer-ended.ts';
import { addTimeLimit, restartTimeLimit } from './time-limit.ts';

const milliseconds = 50;
const json = { 'Content-Type': 'application/json' };

/** `over` has the answers of the limit, `lines` the warnings of Fastify. */
function createLimited(t: TestContext) {
  const lines: string[] = [];
  const over: FastifyReply[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const app = Fastify({ logger: { level: 'warn', stream } });
  addTimeLimit(app, milliseconds, (error, _request, reply) => {
    over.push(reply);
    reply.hijack();
    reply.raw.writeHead(503, { 'content-length': error.name.length }).end(error.name);
  });
  t.after(() => app.close());
  return { app, lines, over };
}

for (const [method, body] of [
  ['GET', undefined],
  ['POST', undefined],
  ['POST', '{"read": "before the handler starts"}'],
] as const) {
  const what = `${method} ${body === undefined ? 'without' : 'with'} a body`;
  for (const end of ['returns', 'throws']) {
    test(`${what}: nothing that a handler ${end} after its time is sent`, async (t) => {
      const { app, lines } = createLimited(t);
      const ended = Promise.withResolvers<void>();
      app.addHook('onSend', () => sleep(milliseconds));
      app.route({
        method,
        url: '/slow',
        handler: async (_request, reply) => {
          const signal = answerEnded(reply);
          assert.ok(!signal.aborted);
          await once(signal, 'abort');
          setImmediate(ended.resolve);
          if (end === 'throws') throw new Error('the reason');
          return reply.code(201).header('set-cookie', 'late=1').send('late');
        },
      });
      const begun = performance.now();
      const request = requestText(method, '/slow', body === undefined ? {} : json, body);
      const { answers } = await exchange(app, request, { answers: 1 });
      assert.ok(performance.now() - begun >= milliseconds - 1);
      await ended.promise;
      await sleep(2 * milliseconds);
      assert.deepEqual(
        answers.map(({ status, text, headers }) => [status, text, headers['set-cookie']]),
        [[503, 'TimeLimitError', undefined]],
      );
      assert.equal(lines.length, end === 'throws' ? 1 : 0);
      if (end === 'throws') assert.match(String(lines), /Failed after its time was over/);
    });
  }
}

test('the limit ends with the answer, or with the connection', async (t) => {
  const { app, over } = createLimited(t);
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  app.post('/quick', async () => 'done');
  app.post('/abandoned', async (_request, reply) => {
    const gone = once(answerEnded(reply), 'abort');
    begin();
    await gone;
    leave();
    await sleep(3 * milliseconds);
    return 'nobody reads this';
  });
  const timers = watchTimers(t, milliseconds);
  const { answers } = await exchange(app, requestText('POST', '/quick'), { answers: 1 });
  assert.equal(timers.count(), 0);
  assert.equal(answers[0]?.text, 'done');
  const socket = connect(await portOf(app), '127.0.0.1');
  socket.write(requestText('POST', '/abandoned'));
  await began;
  assert.equal(timers.count(), 1);
  socket.destroy();
  await left;
  assert.equal(timers.count(), 0);
  await sleep(4 * milliseconds);
  assert.equal(over.length, 0);
});

test('an answer that is being committed or written is not replaced', async (t) => {
  const { app, over } = createLimited(t);
  app.addHook('onSend', () => sleep(2 * milliseconds));
  app.get('/committed', async () => 'done');
  const { statusCode, body } = await app.inject('/committed');
  assert.deepEqual([statusCode, body, over.length], [200, 'done', 0]);
});

test('an error handler that takes too long is answered for', async (t) => {
  const { app, over } = createLimited(t);
  app.setErrorHandler(async (_error, _request, reply) => {
    await sleep(3 * milliseconds);
    return reply.code(418).send('late');
  });
  app.get('/fails', async () => {
    throw new Error('the first');
  });
  const { statusCode, body } = await app.inject('/fails');
  assert.deepEqual([statusCode, body, over.length], [503, 'TimeLimitError', 1]);
  await sleep(3 * milliseconds);
});

test('a stream over its time is cut off, and one with more time is not', async (t) => {
  const { app } = createLimited(t);
  app.get('/endless', async (_request, reply) => {
    const stream = new PassThrough();
    stream.write('a part');
    return reply.send(stream);
  });
  app.get('/long', async (request, reply) => {
    restartTimeLimit(request, reply, 60_000);
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

test('a client that has gone gets no more time', async (t) => {
  const { app } = createLimited(t);
  const timers = watchTimers(t, 60_000);
  const { promise: limited, resolve: found } = Promise.withResolvers<number>();
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  app.get('/left', async (request, reply) => {
    const gone = once(answerEnded(reply), 'abort');
    begin();
    await gone;
    restartTimeLimit(request, reply, 60_000);
    found(timers.count());
  });
  const socket = connect(await portOf(app), '127.0.0.1');
  socket.write(requestText('GET', '/left'));
  await began;
  socket.destroy();
  assert.equal(await limited, 0);
});
