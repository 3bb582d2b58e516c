import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import Fastify from 'fastify';
import { newRegistration } from '../../../test/factories.ts';
import { exchange, portOf, requestText } from '../../../test/raw-http.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { serveInTurn } from './serve-in-turn.ts';

const json = { 'Content-Type': 'application/json' };

test('a pipelined request starts after the previous response is sent', async (t) => {
  const { app } = await createTestApp(t);
  const registration = newRegistration();
  const { username, password } = registration;
  const register = requestText('POST', '/api/users/register', json, JSON.stringify(registration));
  const login = requestText(
    'POST',
    '/api/users/login',
    json,
    JSON.stringify({ username, password }),
  );
  const { answers } = await exchange(app, register + login.repeat(3), { answers: 4 });
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 200, 200, 200],
  );
});

test('a request pipelined after Connection: close is not executed', async (t) => {
  const { app, api } = await createTestApp(t);
  const registration = newRegistration();
  const register = requestText('POST', '/api/users/register', json, JSON.stringify(registration));
  const last = requestText('GET', '/health/live', { Connection: 'close' });
  const { answers, closedByServer } = await exchange(app, last + register);
  assert.deepEqual([answers.length, closedByServer], [1, true]);
  const { username, password } = registration;
  assert.equal((await api.post('/api/users/login', { username, password })).status, 401);
});

test('a pipelined request does not run in the context of the one before', async (t) => {
  const app = Fastify();
  t.after(() => app.close());
  const contexts = new AsyncLocalStorage<string>();
  const found: (string | undefined)[] = [];
  app.addHook('onRequest', ({ url }, _reply, next) => {
    found.push(contexts.getStore());
    contexts.run(url, next);
  });
  app.get('/:name', async () => 'answer');
  serveInTurn(app);
  await exchange(app, requestText('GET', '/first') + requestText('GET', '/second'), { answers: 2 });
  assert.deepEqual(found, [undefined, undefined]);
});

test('pipelined requests in total are limited, and other clients are served', async (t) => {
  const { app, api } = await createTestApp(t);
  const port = await portOf(app);
  const { promise: cut, resolve } = Promise.withResolvers<void>();
  let open = 0;
  const watch = (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
      resolve();
    });
  };
  app.server.on('connection', watch);
  const sockets = Array.from({ length: 4 }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => {})
      .pause(),
  );
  t.after(() => {
    app.server.off('connection', watch);
    for (const socket of sockets) socket.destroy();
  });
  // Nothing is read, so each connection has a response that cannot be sent completely.
  for (const socket of sockets) socket.write(requestText('GET', '/docs').repeat(900));
  await cut;
  assert.equal((await api.get('/health/live')).status, 200);
  assert.ok(open >= 2, `${open} of 4 connections are left`);
});
