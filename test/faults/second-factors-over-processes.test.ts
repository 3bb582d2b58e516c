import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { credentialsOf, newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

type Body = {
  id?: string;
  secret?: string;
  access_token?: string;
  recovery_codes?: string[];
  details?: { challenge?: string };
};

function post(server: ServerProcess, path: string, body: object, token?: string) {
  const options = token === undefined ? { body } : { body, token };
  return server.request<Body>('POST', `/api/users${path}`, options);
}

/** A user whose app is in force. */
async function protectedUser(server: ServerProcess) {
  const person = newRegistration();
  assert.equal((await post(server, '/register', person)).status, 201);
  const { body: tokens } = await post(server, '/login', credentialsOf(person));
  const token = tokens.access_token ?? '';
  const { body: started } = await post(server, '/me/factors/totp', {}, token);
  const secret = Secret.fromBase32(started.secret ?? '');
  const codeAt = (steps: number) =>
    new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });
  const confirm = `/me/factors/totp/${started.id}/confirm`;
  const { status, body } = await post(server, confirm, { code: codeAt(0) }, token);
  assert.equal(status, 200);
  return { person, codeAt, recoveryCodes: body.recovery_codes ?? [] };
}

async function challengeOf(server: ServerProcess, person: { username: string; password: string }) {
  const { status, body } = await post(server, '/login', credentialsOf(person));
  assert.equal(status, 401);
  return body.details?.challenge ?? '';
}

async function startTwo(t: TestContext): Promise<[ServerProcess, ServerProcess]> {
  const { server: one } = await startDatabaseService(t);
  return [one, await startServer(t, { env: { ...one.env, PORT: String(await findFreePort()) } })];
}

/** The second steps of two sign-ins, one at each process, all at once. */
async function completeAtOnce(
  servers: readonly ServerProcess[],
  person: { username: string; password: string },
  code: string | undefined,
  times: number,
): Promise<number[]> {
  const steps: { server: ServerProcess; challenge: string }[] = [];
  for (const server of servers)
    steps.push({ server, challenge: await challengeOf(server, person) });
  const answers = Array.from({ length: times }, async (_, at) => {
    const { server, challenge } = steps[at % steps.length] ?? assert.fail();
    return (await post(server, '/login/second-factor', { challenge, code })).status;
  });
  return (await Promise.all(answers)).filter((status) => status === 200);
}

describe('second factors over two server processes', { skip: withoutPostgres }, () => {
  test('N01 N02 N07 what one puts in force the other asks for, and a code counts once for both', async (t) => {
    const servers = await startTwo(t);
    const { person, codeAt, recoveryCodes } = await protectedUser(servers[0]);
    assert.deepEqual(await completeAtOnce(servers, person, codeAt(1), 20), [200]);
    assert.deepEqual(await completeAtOnce(servers, person, recoveryCodes[0], 10), [200]);
  });

  test('N05 a challenge of one process is completed at the other, once', async (t) => {
    const [one, two] = await startTwo(t);
    const { person, codeAt, recoveryCodes } = await protectedUser(one);
    const challenge = await challengeOf(one, person);
    const complete = async (code: string | undefined) =>
      (await post(two, '/login/second-factor', { challenge, code })).status;
    assert.equal(await complete(codeAt(1)), 200);
    assert.equal(await complete(recoveryCodes[0]), 401);
  });

  test('N04 five wrong codes and passwords over both are all there are, and a restart forgets none', async (t) => {
    const [one, two] = await startTwo(t);
    const { person, codeAt } = await protectedUser(one);
    const [first, second] = [await challengeOf(one, person), await challengeOf(two, person)];
    const near = [-2, -1, 0, 1, 2].map(codeAt);
    const code = ['000000', '111111', '222222', '333333'].find((wrong) => !near.includes(wrong));
    const wrong = { ...credentialsOf(person), password: 'not the right one' };
    const tries = [
      () => post(one, '/login/second-factor', { challenge: first, code }),
      () => post(two, '/login/second-factor', { challenge: first, code }),
      () => post(two, '/login', wrong),
      () => post(one, '/login/second-factor', { challenge: second, code }),
      () => post(two, '/login/second-factor', { challenge: second, code }),
    ];
    for (const [at, guess] of tries.entries()) assert.equal((await guess()).status, 401, `${at}`);
    const right = { challenge: second, code: codeAt(1) };
    for (const server of [one, two]) {
      assert.equal((await post(server, '/login/second-factor', right)).status, 429);
      assert.equal((await post(server, '/login', credentialsOf(person))).status, 429);
    }
    await one.kill9();
    const again = await startServer(t, { env: one.env });
    assert.equal((await post(again, '/login/second-factor', right)).status, 429);
    assert.equal((await post(again, '/login', credentialsOf(person))).status, 429);
  });
});
