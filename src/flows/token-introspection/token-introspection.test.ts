import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertStatus } from '../../../test/api.ts';
import { signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { forgeToken, readToken } from '../../../test/forged-token.ts';
import { makeServiceToken, makeServiceTokens } from '../../../test/service-tokens.ts';
import { startWith } from '../../../test/signing-key-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { openServiceTokens } from '../../access/service-tokens.ts';
import { rotateSigningKeys } from '../../domain/key-rotation/rotate-signing-keys.ts';

const services = await makeServiceTokens();
const path = '/api/tokens/introspect';
const inactive = { active: false };

async function open(t: TestContext, overrides: Record<string, string> = {}) {
  const service = await createTestApp(t, { SERVICE_TOKENS_FILE: services.file, ...overrides });
  const ask = async (token: string, as = services.introspect) => {
    const answer = await service.api.post('/api/tokens/introspect', { token }, { token: as });
    assertStatus(answer, 200);
    return answer.body;
  };
  return { ...service, ask };
}

test('a service learns whose token it is, as JSON and as a form', async (t) => {
  const service = await open(t);
  for (const account of [await signedInUser(service), await signedInAdmin(service)]) {
    const { claims } = readToken(account.accessToken);
    const { jti: _jti, amr: _amr, ...shown } = claims;
    const expected = { active: true, username: account.username, ...shown };
    assert.deepEqual(await service.ask(account.accessToken), expected);
    assert.deepEqual(await service.ask(account.accessToken, services.both), expected);
    const form = await service.api.request('POST', path, undefined, {
      token: services.introspect,
      rawBody: new URLSearchParams({
        token: account.accessToken,
        token_type_hint: 'access_token',
      }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.deepEqual(form.body, expected);
  }
});

test('a user without a username has none in the answer', async (t) => {
  const service = await open(t, { USERNAMES: 'optional' });
  const user = await signedInUser(service);
  await service.db.updateTable('users').set({ username: null }).execute();
  const { active, sub, username } = await service.ask(user.accessToken);
  assert.deepEqual([active, sub, username], [true, user.id, undefined]);
});

test('a token that was revoked in any way is not active with the next question', async (t) => {
  const service = await open(t);
  const { api, db, ask } = service;
  const ended = await signedInUser(service);
  assert.equal((await ask(ended.accessToken)).active, true);
  const body = { refresh_token: ended.refreshToken };
  assertStatus(await api.post('/api/users/logout', body), 204);
  assert.deepEqual(await ask(ended.accessToken), inactive);

  const inactiveUser = await signedInUser(service);
  assert.equal((await ask(inactiveUser.accessToken)).active, true);
  await db.updateTable('users').set({ is_active: false }).execute();
  assert.deepEqual(await ask(inactiveUser.accessToken), inactive);

  const admin = await signedInAdmin(service);
  assert.equal((await ask(admin.accessToken)).active, true);
  await rotateSigningKeys(startWith(service, service.keys).deps, { revokes: true });
  assert.deepEqual(await ask(admin.accessToken), inactive);
});

test('what is no good access token is not active, with one answer for all', async (t) => {
  const service = await open(t);
  const user = await signedInUser(service);
  const forged = [{ key: 'attacker' }, { claims: { iss: 'x' } }, { header: { kid: 'x' } }];
  for (const token of [
    'x',
    '..',
    user.refreshToken,
    services.introspect,
    ...forged.map((forgery) => forgeToken(service, user.accessToken, forgery)),
  ])
    assert.deepEqual(await service.ask(token), inactive, token);
  await service.clock.advance(931);
  assert.deepEqual(await service.ask(user.accessToken), inactive);
});

test('without a service token of the scope nothing is told: 401, or 403', async (t) => {
  const service = await open(t);
  const { accessToken } = await signedInUser(service);
  const { accessToken: admin } = await signedInAdmin(service);
  const stranger = (await makeServiceToken('stranger', 'introspect')).token;
  const answers = new Set<string>();
  for (const body of [{ token: accessToken }, { token: 'x' }, {}]) {
    assertStatus(await service.api.post('/api/tokens/introspect', body), 401);
    for (const token of [accessToken, admin, stranger, 'x', services.introspect.slice(0, -1)]) {
      const answer = await service.api.post(path, body, { token });
      assertStatus(answer, 401);
      answers.add(answer.body.message);
    }
    // Neither does the header that forwarding uses.
    const headers = { 'x-service-token': services.both };
    assertStatus(await service.api.post(path, body, { headers }), 401);
    assertStatus(await service.api.post(path, body, { token: services.forward }), 403);
  }
  assert.equal(answers.size, 1);
});

test('a malformed question is a 422, and only this route takes a form', async (t) => {
  const service = await open(t);
  const token = services.introspect;
  for (const body of [
    {},
    { token: '' },
    { token: 1 },
    { token: null },
    { token: 'x'.repeat(9000) },
  ])
    assertStatus(await service.api.post(path, body, { token }), 422);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  for (const rawBody of ['', 'x=1', 'token=', 'token=a&token=b', 'token=%00'])
    assertStatus(
      await service.api.request('POST', path, undefined, { token, rawBody, headers }),
      422,
    );
  const rawBody = 'username=a&password=b';
  const login = await service.api.request('POST', '/api/users/login', undefined, {
    rawBody,
    headers,
  });
  assertStatus(login, 415);
});

test('questions count on the service: neither on its address, nor on that of others', async (t) => {
  const service = await open(t, { RATE_LIMIT_PER_HOUR: '3', RATE_LIMIT_ACCOUNT_PER_HOUR: '1' });
  const { accessToken } = await signedInUser(service);
  for (let count = 0; count < 100; count += 1) await service.ask(accessToken);
  const refused = await service.api.post(path, { token: 'x' }, { token: services.introspect });
  assertStatus(refused, 429);
  assert.ok(Number(refused.headers['retry-after']) > 0);
  assert.equal((await service.ask(accessToken, services.both)).active, true);
  assertStatus(await service.api.get('/'), 200);
  // A wrong token counts on the address.
  for (const expected of [401, 401, 429])
    assertStatus(await service.api.post(path, { token: 'x' }, { token: 'wrong' }), expected);
});

test('a change of the file counts within seconds; one with a fault changes nothing', async (t) => {
  const service = await createTestApp(t);
  const own = await makeServiceTokens();
  const tokens = openServiceTokens(own.file, service.logger);
  assert.deepEqual(tokens.find(own.both)?.scopes, ['introspect', 'forward']);
  own.write(own.lines.slice(0, 2));
  assert.ok(tokens.find(own.both), 'it has looked a moment ago');
  await sleep(2050);
  assert.equal(tokens.find(own.both), null);
  assert.deepEqual(tokens.find(own.introspect), {
    ...tokens.find(own.introspect),
    name: 'gateway',
    scopes: ['introspect'],
  });
  own.write(['gateway introspect 00']);
  await sleep(2050);
  assert.ok(tokens.find(own.introspect));
  assert.match(service.logs(), /SERVICE_TOKENS_FILE has a fault in line 1.*stay in force/);
});

test('a file with a fault is refused at the start, without its content', async (t) => {
  const { logger } = await createTestApp(t);
  const own = await makeServiceTokens();
  const [line = ''] = own.lines;
  const digest = line.slice(-64);
  for (const lines of [
    [`Gateway introspect ${digest}`],
    [`gateway everything ${digest}`],
    [`gateway introspect ${digest.slice(1)}`],
    [`gateway ${digest}`],
    [own.both],
    [line, line],
  ]) {
    own.write(lines);
    assert.throws(
      () => openServiceTokens(own.file, logger),
      (error: unknown) =>
        error instanceof Error &&
        error.message.startsWith('SERVICE_TOKENS_FILE has') &&
        !error.message.includes(digest),
      lines.join('\n'),
    );
  }
  assert.throws(() => openServiceTokens('/nowhere', logger), /cannot be read/);
});
