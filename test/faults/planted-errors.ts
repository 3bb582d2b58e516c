/**
 * Loaded before the service (`node --import`); adds routes that fail in ways that only a bug in the
 * code or in a library can.
 */
import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { FastifyInstance } from 'fastify';

const fail = (): never => {
  throw new TypeError('planted');
};

/** Fails outside of any request, shortly after the answer to the request that planted it. */
const processFaults: Record<string, () => void> = {
  timer: fail,
  promise: () => void Promise.reject(new TypeError('planted')),
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the mistake that is planted
  nothing: () => void Promise.reject(),
  event: () => void new EventEmitter().emit('error', new TypeError('planted')),
};

subscribe('fastify.initialization', (message) => {
  const { fastify: app } = message as { fastify: FastifyInstance };
  const anyone = { config: { guard: 'anyone' } } as object;
  app.get('/planted/handler', anyone, fail);
  app.get('/planted/promise-of-handler', anyone, async () => fail());
  app.get('/planted/answer', anyone, async () => ({ toJSON: fail }));
  for (const [name, fault] of Object.entries(processFaults)) {
    app.get(`/planted/process/${name}`, anyone, async () => {
      setTimeout(fault, 300);
      return {};
    });
  }
});
