import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { createApi } from '../../../test/api.ts';
import { assertSoundAnswer } from '../../../test/sound-answer.ts';
import { parseConfig } from '../../configuration/config.ts';
import { AppError, type ErrorName, errorStatuses } from '../errors.ts';
import { createLogger } from '../logging/logger.ts';
import { createHttpServer } from './http-server.ts';

/** A server without the application; the handler of `/throws` throws `thrown`. */
function createThrowingServer(t: TestContext, thrown: unknown) {
  const config = parseConfig({ ENVIRONMENT: 'test', LOG_FORMAT: 'json' });
  const lines: string[] = [];
  const logger = createLogger(config, { write: (line) => void lines.push(line) });
  const limits: Parameters<typeof createHttpServer>[0]['limits'] = {
    countAtStart: async () => {},
    endTurn: () => {},
    countFailed: async (_request, _reply, error) => error,
  };
  const app = createHttpServer({ config, logger, limits, readiness: { phase: 'serving' } });
  app.get('/throws', async () => {
    throw thrown;
  });
  const ownSchema = z.object({ name: z.string() });
  app.get('/breaks-its-schema', { schema: { response: { 200: ownSchema } } }, async () => {
    return { name: thrown } as unknown as z.output<typeof ownSchema>;
  });
  const manyNames = Array.from({ length: 100 }, (_, index) => `name number ${index}`);
  app.get(
    '/one-of-many',
    { schema: { querystring: z.object({ name: z.enum(manyNames) }) } },
    async () => 'x',
  );
  t.after(() => app.close());
  return { app, api: createApi(app), logs: () => lines.join('') };
}

const secret = 'hunter2 at /srv/adl/store.ts';

for (const [what, thrown] of [
  ['an Error', new Error(secret)],
  ['an Error with a cause', new Error('x', { cause: new Error(secret) })],
  [
    'a system error',
    Object.assign(new Error(secret), { code: 'ENOENT', path: secret, syscall: 'open' }),
  ],
  ['an error with status code 500', Object.assign(new Error(secret), { statusCode: 500 })],
  ['an error with status code 204', Object.assign(new Error(secret), { statusCode: 204 })],
  ['text', secret],
  ['an object', { message: secret, password: secret }],
  ['null', null],
  ['undefined', undefined],
] as const) {
  test(`${what} thrown by a handler is a 500 without details, logged once`, async (t) => {
    const { app, logs } = createThrowingServer(t, thrown);
    const response = await app.inject('/throws?token=secret');
    const answer = {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
      text: response.payload,
      body: response.json(),
    };
    assertSoundAnswer(answer, { method: 'GET', path: '/throws', breaks: true });
    assert.equal(answer.status, 500);
    assert.equal(answer.body.error, 'InternalServerError');
    assert.equal(answer.body.message, 'An unexpected error occurred');
    assert.doesNotMatch(answer.text, /hunter2|srv|ENOENT/);
    const errors = logs()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'));
    assert.equal(errors.length, 1);
    assert.equal(JSON.parse(errors[0] ?? '').msg, '500 Internal Server Error: /throws');
    assert.doesNotMatch(logs(), /token=/);
  });
}

test('a response that violates its schema is a 500 without any of its data', async (t) => {
  const { app } = createThrowingServer(t, { password: secret });
  const response = await app.inject('/breaks-its-schema');
  assert.equal(response.statusCode, 500);
  assert.equal(response.json().error, 'InternalServerError');
  assert.doesNotMatch(response.payload, /hunter2/);
});

test("a library's 4xx error keeps its status, but not its text", async (t) => {
  for (const [statusCode, name] of [
    [400, 'BadRequestError'],
    [404, 'NotFoundError'],
    [412, 'PreconditionFailedError'],
    [418, 'BadRequestError'],
  ] as const) {
    const { api } = createThrowingServer(t, Object.assign(new Error(secret), { statusCode }));
    const answer = await api.get('/throws');
    assert.equal(answer.body.error, name);
    assert.doesNotMatch(answer.text, /hunter2/);
  }
});

for (const name of Object.keys(errorStatuses) as ErrorName[]) {
  test(`${name} keeps its text and headers and hides its cause`, async (t) => {
    const options = {
      cause: new Error(secret),
      headers: { 'retry-after': '7' },
      details: { reason: 'a_reason', errors: [] },
    };
    const { app, logs } = createThrowingServer(t, new AppError(name, 'A public text', options));
    const response = await app.inject('/throws');
    const { error, message, status_code, details, path } = response.json();
    assert.deepEqual(
      { error, message, status_code, details, path },
      {
        error: name,
        message: 'A public text',
        status_code: errorStatuses[name],
        details: { reason: 'a_reason', errors: [] },
        path: '/throws',
      },
    );
    assert.equal(response.statusCode, errorStatuses[name]);
    assert.equal(response.headers['retry-after'], '7');
    assert.doesNotMatch(response.payload, /hunter2/);
    // Faults of the service are logged as errors with their cause; faults of the caller are not.
    assert.equal(/"level":"error"/.test(logs()), errorStatuses[name] >= 500);
    assert.equal(/hunter2/.test(logs()), errorStatuses[name] >= 500);
  });
}

test('a validation message is cut to the length that the error schema allows', async (t) => {
  const { api } = createThrowingServer(t, null);
  const answer = await api.get('/one-of-many?name=x');
  assert.equal(answer.status, 422);
  assert.equal(answer.body.details.errors[0].message.length, 500);
});
