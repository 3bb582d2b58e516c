import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { adl } from '../adl.ts';
import { credentialsOf, newRegistration } from '../factories.ts';
import { readToken } from '../forged-token.ts';
import { findFreePort } from '../free-port.ts';
import {
  type DatabaseService,
  startDatabaseService,
  startUnlimited,
  withoutPostgres,
} from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const clients = 4;
const rotations = 6;
/** Others may use the machine. */
const patient = { readyTimeoutMs: 120_000 };
const otherSecret = 'YSBzZWNyZXQgb2YgYW5vdGhlciBkZXBsb3ltZW50LCBub3Qgb3Vycw';

const timeoutMs = 60_000;

type Use = { kid: string; sentAt: number; answeredAt: number; status: number };
type Revocation = { kids: string[]; beganAt: number; endedAt: number };

const now = () => performance.now();
const oneOf = <T>(all: readonly T[]): T => all[randomInt(all.length)] as T;

/** Signs in at one process and uses the token, and those of before, at any. */
async function useTokens(servers: readonly ServerProcess[], hasEnded: () => boolean) {
  const body = newRegistration();
  assert.equal(
    (await oneOf(servers).request('POST', '/api/users/register', { body, timeoutMs })).status,
    201,
  );
  const uses: Use[] = [];
  const issued: { kid: string; sentAt: number }[] = [];
  const tokens: string[] = [];
  while (!hasEnded()) {
    const sentAt = now();
    const login = { body: credentialsOf(body), timeoutMs };
    const answer = await oneOf(servers).request('POST', '/api/users/login', login);
    assert.equal(answer.status, 200);
    const token = String(answer.body.access_token);
    tokens.unshift(token);
    // An account has fifty sessions at most.
    tokens.splice(30);
    issued.push({ kid: String(readToken(token).header.kid), sentAt });
    for (const each of [token, token, oneOf(tokens), tokens.at(-1) ?? token]) {
      const use = { kid: String(readToken(each).header.kid), sentAt: now() };
      const { status } = await oneOf(servers).request('GET', '/api/users/me', {
        token: each,
        timeoutMs,
      });
      uses.push({ ...use, answeredAt: now(), status });
    }
  }
  return { uses, issued };
}

async function rotate({ server, query }: DatabaseService, revokes: boolean): Promise<Revocation> {
  // As if it had been published for long.
  await query("UPDATE signing_keys SET created_at = now() - interval '1 hour'");
  const good = 'SELECT kid FROM signing_keys WHERE revoked_at IS NULL';
  const before = (await query(good)).map(({ kid }) => String(kid));
  const beganAt = now();
  const ran = await adl(server.env, 'keys', 'rotate', ...(revokes ? ['--revoke'] : []));
  const endedAt = now();
  assert.equal(ran.code, 0, ran.err);
  const after = new Set((await query(good)).map(({ kid }) => String(kid)));
  return { kids: before.filter((kid) => !after.has(kid)), beganAt, endedAt };
}

describe('signing keys over two processes', { skip: withoutPostgres }, () => {
  test('O03 rotation under load: no good token is refused, no revoked one accepted', async (t) => {
    const service = await startDatabaseService(t, {}, undefined, patient);
    const env = { ...service.server.env, PORT: String(await findFreePort()) };
    const servers = [service.server, await startUnlimited(t, env, patient)];
    let ended = false;
    const load = Array.from({ length: clients }, () => useTokens(servers, () => ended));
    const revocations: Revocation[] = [];
    for (let count = 0; count < rotations; count += 1) {
      await sleep(300);
      const revocation = await rotate(service, count % 2 === 1);
      if (revocation.kids.length > 0) revocations.push(revocation);
    }
    await sleep(500);
    ended = true;
    const done = await Promise.all(load);
    assertSound(
      t,
      done.flatMap(({ uses }) => uses),
      revocations,
    );
    const signings = done.flatMap(({ issued }) => issued);
    for (const { kids, endedAt } of revocations)
      assert.ok(!signings.some(({ kid, sentAt }) => sentAt > endedAt && kids.includes(kid)));
    assert.ok(new Set(signings.map(({ kid }) => kid)).size >= rotations);
    assert.doesNotMatch(servers.map((server) => server.logs()).join(''), /"level":"error"/);
  });

  test('O03 processes that start together make one set of keys', async (t) => {
    const service = await startDatabaseService(t, {}, undefined, patient);
    await service.server.terminate();
    await service.query('DELETE FROM signing_keys');
    const start = async () =>
      startUnlimited(t, { ...service.server.env, PORT: String(await findFreePort()) }, patient);
    const servers = await Promise.all([start(), start(), start()]);
    const [row] = await service.query(
      'SELECT count(*)::int AS keys, count(signs_from)::int AS signing FROM signing_keys',
    );
    assert.deepEqual(row, { keys: 2, signing: 1 });
    const published = await Promise.all(
      servers.map((server) => server.request('GET', '/.well-known/jwks.json')),
    );
    assert.equal(new Set(published.map(({ body }) => JSON.stringify(body))).size, 1);
  });
});

function assertSound(t: TestContext, uses: readonly Use[], revocations: readonly Revocation[]) {
  assert.equal(revocations.length, rotations / 2);
  const wrong = uses.filter(({ kid, sentAt, answeredAt, status }) => {
    const revocation = revocations.find(({ kids }) => kids.includes(kid));
    if (revocation === undefined || answeredAt < revocation.beganAt) return status !== 200;
    if (sentAt > revocation.endedAt) return status !== 401;
    return status !== 200 && status !== 401;
  });
  const refused = uses.filter(({ status }) => status === 401).length;
  t.diagnostic(
    `${uses.length} uses of tokens, ${refused} refused, ${revocations.length} revocations`,
  );
  assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} wrong answers`);
  assert.ok(refused > 0);
}

test('O05 a start with another SECRET_KEY ends in one line and makes no key', async (t) => {
  const server = await startServer(t, patient);
  const keys = async (from: ServerProcess) =>
    (await from.request('GET', '/.well-known/jwks.json')).body;
  const before = await keys(server);
  await server.terminate();
  const env = { ...server.env, SECRET_KEY: otherSecret };
  const failing = await startServer(t, { env, waitReady: false });
  assert.deepEqual(await failing.exited, { code: 1, signal: null });
  assert.match(
    failing.logs(),
    /keys: failed - .*another SECRET_KEY \([\w-]{12}\)\. Set that one as SECRET_KEY_PREVIOUS/,
  );
  assert.doesNotMatch(failing.logs(), /\bat .*\.ts:/);

  const rotated = { ...env, SECRET_KEY_PREVIOUS: server.env.SECRET_KEY };
  const again = await startServer(t, { env: rotated, ...patient });
  assert.deepEqual(await keys(again), before);
  await again.terminate();

  const lost = { ...server.env, SECRET_KEY: 'b25lIG1vcmUgc2VjcmV0LCB3aGljaCBubyBrZXkga25vd3Mgb2Y' };
  assert.equal(
    (await startServer(t, { env: lost, waitReady: false }).then(({ exited }) => exited)).code,
    1,
  );
  assert.equal((await adl(lost, 'keys', 'rotate')).code, 3);
  assert.equal((await adl(lost, 'keys', 'rotate', '--revoke')).code, 0);
  const renewed = await startServer(t, { env: lost, ...patient });
  assert.notDeepEqual(await keys(renewed), before);
});
