import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type PrivatePostgres, startPrivatePostgres } from '../postgres/private-postgres.ts';
import { eventually } from './eventually.ts';
import { openRawConnection } from './raw-connection.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const planted = import.meta.resolve('./planted-errors.ts');

describe('FI-40 an unexpected error', { concurrency: 2 }, () => {
  let postgres: PrivatePostgres;
  before(async () => {
    postgres = await startPrivatePostgres({ fast: true });
  });
  after(() => postgres.destroy());

  test('in a handler is a 500 without details, logged once, and the service continues', async (t) => {
    const server = await startPlanted(t, postgres);
    for (const place of ['handler', 'promise-of-handler', 'answer']) {
      const { status, body } = await server.request('GET', `/planted/${place}`);
      const { timestamp: _, ...answer } = body;
      assert.equal(status, 500);
      assert.deepEqual(answer, {
        error: 'InternalServerError',
        message: 'An unexpected error occurred',
        status_code: 500,
        request_id: answer.request_id,
        path: `/planted/${place}`,
      });
      const find = () => errorsOf(server).filter((line) => line.request_id === answer.request_id);
      // The answer may arrive before the log line.
      await eventually('it is logged', () => find().length > 0);
      const logged = find();
      assert.equal(logged.length, 1, server.logs());
      assert.equal(logged[0]?.err?.message, 'planted');
      assert.match(logged[0]?.err?.stack ?? '', /planted-errors\.ts/);
    }
    assert.equal((await server.request('GET', '/health/ready')).status, 200);
  });

  for (const [place, message] of [
    ['timer', 'planted'],
    ['promise', 'planted'],
    ['event', 'planted'],
    ['nothing', 'a value that is not an Error was thrown'],
  ] as const) {
    test(`outside of a request (${place}) is logged and ends the process with an error code`, async (t) => {
      const server = await startPlanted(t, postgres);
      const open = await openRawConnection(
        t,
        server.port,
        'POST /api/users/login HTTP/1.1\r\nHost: a\r\n',
      );
      await assertEnds(server, place, message);
      await open.closed;
    });
  }

  test('while the process drains ends it at once as well', async (t) => {
    const server = await startPlanted(t, postgres);
    void server.terminate();
    await eventually('drains', () => server.logs().includes('Stopping on SIGTERM'));
    await assertEnds(server, 'timer', 'planted');
  });
});

async function startPlanted(t: TestContext, postgres: PrivatePostgres): Promise<ServerProcess> {
  const env = { DATABASE_URL: postgres.url(), NODE_OPTIONS: `--import=${planted}` };
  return await startServer(t, { env });
}

async function assertEnds(server: ServerProcess, place: string, message: string): Promise<void> {
  const started = performance.now();
  assert.equal((await server.request('GET', `/planted/process/${place}`)).status, 200);
  const { code } = await server.exited;
  const ms = performance.now() - started;
  assert.equal(code, 1, server.logs());
  assert.ok(ms < 3000, `${ms} ms`);
  const logged = errorsOf(server).filter((line) => line.err !== undefined);
  assert.equal(logged.length, 1, server.logs());
  assert.equal(logged[0]?.level, 'fatal');
  assert.equal(logged[0]?.err?.message, message);
}

type ErrorLine = {
  level: string;
  request_id?: string;
  err?: { message: string; stack?: string };
};

function errorsOf(server: ServerProcess): ErrorLine[] {
  const lines = server.stdoutLines().map((line) => JSON.parse(line) as ErrorLine);
  return lines.filter(({ level }) => level === 'error' || level === 'fatal');
}
