import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { credentialsOf, newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

type Body = {
  id?: string;
  secret?: string;
  access_token?: string;
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
  assert.equal((await post(server, confirm, { code: codeAt(0) }, token)).status, 200);
  return { person, codeAt };
}

async function challengeOf(server: ServerProcess, person: { username: string; password: string }) {
  const { status, body } = await post(server, '/login', credentialsOf(person));
  assert.equal(status, 401);
  return body.details?.challenge ?? '';
}

describe('guesses of a second factor over two server processes', { skip: withoutPostgres }, () => {
  test('N04 five wrong codes and passwords over both are all there are, and a restart forgets none', async (t) => {
    const { server: one } = await startDatabaseService(t);
    const two = await startServer(t, { env: { ...one.env, PORT: String(await findFreePort()) } });
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
