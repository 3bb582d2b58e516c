import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adl } from '../adl.ts';
import { credentialsOf, newRegistration } from '../factories.ts';
import { type ServerProcess, startServer } from '../faults/server-process.ts';
import { programOf } from './code-blocks.ts';
import { languages, startVerifier } from './verifiers.ts';

const folder = join(import.meta.dirname, '../../.tmp/verify-tokens/back-end');

type Program = {
  whoCalls(service: string, serviceToken: string, token: string): Promise<{ sub: string } | null>;
  signInFor(
    service: string,
    serviceToken: string,
    clientAddress: string,
    credentials: object,
  ): Promise<Response>;
};

async function load(name: string): Promise<Program> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name.replace('.js', '.mjs'));
  writeFileSync(file, programOf('your-back-end.md', name));
  return (await import(file)) as Program;
}

const limits = { RATE_LIMIT_PER_HOUR: '12', RATE_LIMIT_ACCOUNT_PER_HOUR: '1000' };

/** A server with a service that may do both. */
async function startWithService(t: Parameters<typeof startServer>[0], env = {}) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `services-${process.pid}`);
  const made = await adl(
    { PATH: process.env.PATH ?? '' },
    'keys',
    'service-token',
    'web',
    '--scope',
    'introspect,forward',
  );
  assert.equal(made.code, 0, made.err);
  writeFileSync(file, `${String(made.result.line)}\n`);
  const server = await startServer(t, {
    readyTimeoutMs: 120_000,
    env: { ...limits, SERVICE_TOKENS_FILE: file, ...env },
  });
  const body = newRegistration();
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  return { server, token: String(made.result.token), credentials: credentialsOf(body) };
}

async function statuses(count: number, request: (index: number) => Promise<{ status: number }>) {
  const all: number[] = [];
  for (let index = 0; index < count; index += 1) all.push((await request(index)).status);
  return all;
}

const addresses = (index: number) => `203.0.113.${index % 20}`;

function signIn(server: ServerProcess, body: object, headers: Record<string, string> = {}) {
  return server.request<{ access_token: string }>('POST', '/api/users/login', { body, headers });
}

test('a server between is one address, and refused after the limit of one', async (t) => {
  const { server, credentials } = await startWithService(t);
  const all = await statuses(20, () => signIn(server, credentials));
  assert.deepEqual(all, [...Array(11).fill(200), ...Array(9).fill(429)]);
});

test('with a service token it names the address of its client, and is not refused', async (t) => {
  const { server, token, credentials } = await startWithService(t);
  const program = await load('forward.js');
  const all = await statuses(60, (index) =>
    program.signInFor(server.url, token, addresses(index), credentials),
  );
  assert.deepEqual([...new Set(all)], [200]);
  // One client has its own limit all the same.
  const one = await statuses(13, () =>
    program.signInFor(server.url, token, '203.0.113.99', credentials),
  );
  assert.equal(one.at(-1), 429);
});

test('with TRUSTED_PROXIES it names the address of its client, and is not refused', async (t) => {
  const { server, credentials } = await startWithService(t, { TRUSTED_PROXIES: '127.0.0.1/32' });
  const all = await statuses(60, (index) =>
    signIn(server, credentials, { 'X-Forwarded-For': addresses(index) }),
  );
  assert.deepEqual([...new Set(all)], [200]);
});

test('asking for each token has a limit of its own, and tells a revocation at once', async (t) => {
  const { server, token, credentials } = await startWithService(t);
  const program = await load('introspect.js');
  const { access_token: access } = (await signIn(server, credentials)).body;
  for (let count = 0; count < 300; count += 1)
    assert.match((await program.whoCalls(server.url, token, access))?.sub ?? '', /^[0-9a-f-]{36}$/);
  const ended = await server.request('POST', '/api/users/logout-all', { token: access });
  assert.equal(ended.status, 204);
  assert.equal(await program.whoCalls(server.url, token, access), null);
  await assert.rejects(program.whoCalls(server.url, 'wrong', access), /answers 401/);
});

test('verifying locally asks for nothing but the keys, which have no limit', async (t) => {
  const { server, credentials } = await startWithService(t);
  const { access_token: access } = (await signIn(server, credentials)).body;
  const command = languages[0]?.build() ?? [];
  const verifier = startVerifier(t, command, `http://localhost:${server.port}`);
  for (let count = 0; count < 300; count += 1)
    assert.equal(typeof (await verifier.ask(access)), 'object');
  const all = await statuses(100, () => server.request('GET', '/.well-known/jwks.json'));
  assert.deepEqual([...new Set(all)], [200]);
});
