import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLedger, readLedger } from './ledger.ts';
import { startServer } from './server-process.ts';

/** Stands in for src/main.ts: ready after 100 ms, echoes the request, and can be made to fail. */
const standIn = `
import { createServer } from 'node:http';
const started: number = performance.now();
if (process.env.FAULT === 'exit') { console.error('DATABASE_URL is wrong'); process.exit(3); }
process.on('SIGTERM', () => { console.log('draining'); setTimeout(() => process.exit(0), 100); });
createServer(async (request, response) => {
  const chunks = await request.toArray();
  if (request.url === '/silence') return;
  if (request.url === '/cut') return response.socket?.destroy();
  const isReady = process.env.FAULT !== 'never ready' && performance.now() - started > 100;
  response.statusCode = isReady || request.url !== '/health/ready' ? 200 : 503;
  response.setHeader('content-type', 'application/json');
  const { headers, method, url } = request;
  response.end(JSON.stringify({ headers, method, url, text: String(Buffer.concat(chunks)), env: process.env, cwd: process.cwd() }));
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
`;

test('a server becomes ready in a small environment and its own directory', async (t) => {
  process.env.SMTP_HOST = 'real.example';
  t.after(() => delete process.env.SMTP_HOST);
  const server = await startServer(t, {
    entry: writeEntry(t),
    env: { LOG_LEVEL: 'warn', HOME: undefined },
  });
  const { body } = await server.request<Seen>('GET', '/x');
  const { PATH: _, SECRET_KEY, DATA_DIR, ...rest } = body.env;
  assert.deepEqual(rest, {
    ENVIRONMENT: 'test',
    BCRYPT_ROUNDS: '4',
    PORT: String(server.port),
    PUBLIC_URL: `http://localhost:${server.port}`,
    LOG_LEVEL: 'warn',
  });
  assert.equal(Buffer.from(SECRET_KEY ?? '', 'base64').length, 48);
  assert.ok(DATA_DIR?.startsWith(body.cwd));
  assert.deepEqual(server.stdoutLines(), ['listening']);
});

test('a request sends its body, token and headers, and times out', async (t) => {
  const server = await startServer(t, { entry: writeEntry(t) });
  const options = { body: { a: 'ü' }, token: 'secret', headers: { 'x-one': '1' } };
  const { status, body, ms } = await server.request<Seen>('POST', '/a//b?c', options);
  assert.deepEqual(
    [status, body.method, body.url, body.text],
    [200, 'POST', '/a//b?c', '{"a":"ü"}'],
  );
  assert.equal(body.headers.authorization, 'Bearer secret');
  assert.equal(body.headers['x-one'], '1');
  assert.ok(ms > 0 && ms < 5000);
  await assert.rejects(
    server.request('GET', '/silence', { timeoutMs: 100 }),
    /no answer within 100 ms/,
  );
  await assert.rejects(server.request('GET', '/cut'), /GET \/cut: .*socket hang up/);
});

test('a server that ends, or never becomes ready, fails the start with its output', async (t) => {
  const entry = writeEntry(t);
  await assert.rejects(
    startServer(t, { entry, env: { FAULT: 'exit' } }),
    /ended \(3\)[\s\S]*DATABASE_URL is wrong/,
  );
  const never = startServer(t, { entry, env: { FAULT: 'never ready' }, readyTimeoutMs: 400 });
  await assert.rejects(never, /not ready within 400 ms[\s\S]*listening/);
});

test('SIGTERM drains a server, kill -9 does not, and it restarts with the same files', async (t) => {
  const entry = writeEntry(t);
  const first = await startServer(t, { entry });
  assert.deepEqual(await first.terminate(), { code: 0, signal: null });
  assert.deepEqual(first.stdoutLines(), ['listening', 'draining']);
  const second = await startServer(t, { entry, env: first.env });
  assert.equal(second.url, first.url);
  assert.deepEqual(await second.kill9(), { code: null, signal: 'SIGKILL' });
  await assert.rejects(second.request('GET', '/'), /ECONNREFUSED/);
});

test('no server outlives the test that started it; waitReady can be called later', async (t) => {
  const ends: (() => unknown)[] = [];
  const server = await startServer(
    { after: (end) => void ends.push(end) },
    { entry: writeEntry(t), waitReady: false },
  );
  await server.untilReady();
  for (const end of ends) await end();
  assert.deepEqual(await server.exited, { code: null, signal: 'SIGKILL' });
});

test('a ledger stores each question before sending it, each answer before returning', async (t) => {
  const file = join(newDirectory(t), 'ledger.jsonl');
  const ledger = await openLedger(file);
  const seen: number[] = [];
  const server = {
    request: async (_method: string, path: string) => {
      seen.push(
        readLedger(file).filter((entry) => entry.path === path && entry.answer === null).length,
      );
      if (path === '/5') throw new Error('cut');
      await sleep(Math.random() * 20);
      return { status: 201, headers: {}, body: { path } as never, ms: 1 };
    },
  };
  const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
  const results = await Promise.allSettled(
    paths.map(async (path) => {
      await ledger.request(server, 'POST', path, { body: { path }, token: 'secret' });
      assert.equal(readLedger(file).find((entry) => entry.path === path)?.answer?.status, 201);
    }),
  );
  assert.deepEqual(
    results
      .filter(({ status }) => status === 'rejected')
      .map((result) => String((result as PromiseRejectedResult).reason)),
    ['Error: cut'],
  );
  assert.deepEqual(
    seen,
    paths.map(() => 1),
  );
  await ledger.close();
  appendFileSync(file, '{"id":"torn');
  const entries = readLedger(file);
  assert.deepEqual(
    entries.map(({ path }) => path),
    paths,
  );
  assert.deepEqual([entries[5]?.answer, entries[5]?.failure], [null, 'Error: cut']);
  assert.ok(
    entries.every(
      ({ sentAt, endedAt }) => sentAt !== null && endedAt !== null && sentAt <= endedAt,
    ),
  );
});

type Seen = {
  method: string;
  url: string;
  text: string;
  cwd: string;
  headers: Record<string, string>;
  env: Record<string, string>;
};

function writeEntry(t: TestContext): string {
  const entry = join(newDirectory(t), 'main.ts');
  writeFileSync(join(entry, '../package.json'), '{"type":"module"}');
  writeFileSync(entry, standIn);
  return entry;
}

function newDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'adl-harness-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
