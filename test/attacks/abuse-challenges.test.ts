import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { adminRealm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { LimitPolicy } from '../../src/platform/rate-limit/rate-limit.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { codeOf, protectedAccount } from '../factor-calls.ts';
import { newRegistration, signedInAdmin, signedInUser } from '../factories.ts';
import {
  encode,
  puzzleOf,
  readPuzzle,
  type Solved,
  solutionHeader,
  solve,
  withSolution,
} from '../puzzle-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const always = { ABUSE_CHALLENGE: 'always' };
const auto = { ABUSE_CHALLENGE: 'auto' };

/** Services of a file share what they have counted: each test has networks of its own. */
let networks = 0;
function newNetwork(): string {
  networks += 1;
  return `127.44.${networks >> 8}.${networks & 255}`;
}

type From = { remoteAddress?: string; headers?: Record<string, string> };

function register({ api }: Pick<TestApp, 'api'>, from: From = {}): Promise<Answer> {
  return api.post('/api/users/register', newRegistration(), { remoteAddress: home, ...from });
}

function forgot({ api }: TestApp, from: From = {}): Promise<Answer> {
  const body = { email: 'nobody@example.com' };
  return api.post('/api/password/forgot-password', body, { remoteAddress: home, ...from });
}

function mailMe({ api }: TestApp, from: From = {}): Promise<Answer> {
  const body = { email: 'nobody@example.com' };
  return api.post('/api/users/login/email', body, { remoteAddress: home, ...from });
}

const home = '127.43.0.1';

async function usersOf({ db }: TestApp): Promise<number> {
  return (await db.selectFrom('users').select('id').execute()).length;
}

test('K12 off is the default: nothing is asked, counted or read', async (t) => {
  const service = await createTestApp(t);
  for (let count = 0; count < 8; count += 1) {
    assertStatus(await register(service, { headers: withSolution('anything') }), 201);
    assertStatus(await forgot(service), 200);
  }
  const { username } = await signedInUser(service);
  for (let count = 0; count < 4; count += 1)
    assertStatus(await service.api.post('/api/users/login', { username, password: 'wrong' }), 401);
  assert.ok(!service.statements().some((text) => text.includes('spent_puzzles')));
});

test('K12 always: sign-up and what mails a link want a solved puzzle', async (t) => {
  const service = await createTestApp(t, { ...always, EMAIL_SIGN_IN: 'true' });
  for (const send of [register, forgot, mailMe]) {
    const asked = await send(service);
    const answer = await send(service, { headers: await solutionHeader(asked) });
    assert.ok(answer.status < 300, answer.text);
  }
  assert.equal(await usersOf(service), 1);
});

test('K12 asking and refusing cost no hash and no query, and 422 comes first', async (t) => {
  const service = await createTestApp(t, always);
  const [hashed, sent] = [service.hashes(), service.statements().length];
  const faulty = await service.api.post('/api/users/register', { username: 'ada' });
  assertStatus(faulty, 422);
  puzzleOf(await register(service));
  puzzleOf(await register(service, { headers: withSolution('not a solution') }));
  const { challenge, solution } = await solve(puzzleOf(await register(service)));
  const derivedKey = solution.derivedKey.replaceAll(/.$/g, (last) => (last === '0' ? '1' : '0'));
  const wrong = encode({ challenge, solution: { ...solution, derivedKey } });
  puzzleOf(await register(service, { headers: withSolution(wrong) }));
  assert.equal(service.hashes(), hashed);
  assert.equal(service.statements().length, sent);
});

test('K13 a solution is good for one request, also if two arrive at once', async (t) => {
  const service = await createTestApp(t, always);
  const headers = await solutionHeader(await register(service));
  const both = await Promise.all([register(service, { headers }), register(service, { headers })]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 428]);
  puzzleOf(await register(service, { headers }));
  // It is spent even if the request fails afterwards.
  const taken = newRegistration();
  const first = { headers: await solutionHeader(await register(service)), remoteAddress: home };
  assertStatus(await service.api.post('/api/users/register', taken, first), 201);
  const second = { headers: await solutionHeader(await register(service)), remoteAddress: home };
  assertStatus(await service.api.post('/api/users/register', taken, second), 409);
  puzzleOf(await service.api.post('/api/users/register', taken, second));
  assert.equal(await usersOf(service), 2);
});

test('K13 a solution is good for its request and its network only', async (t) => {
  const service = await createTestApp(t, always);
  const headers = await solutionHeader(await register(service));
  puzzleOf(await forgot(service, { headers }));
  puzzleOf(await register(service, { headers, remoteAddress: newNetwork() }));
  assertStatus(await register(service, { headers }), 201);
});

test('K13 a puzzle expires after five minutes, and spent ones are deleted later', async (t) => {
  const service = await createTestApp(t, always);
  const [used, late] = [await register(service), await register(service)];
  assertStatus(await register(service, { headers: await solutionHeader(used) }), 201);
  const headers = await solutionHeader(late);
  await service.clock.advance(299);
  await service.tidyUp();
  puzzleOf(await register(service, { headers: await solutionHeader(used) }));
  await service.clock.advance(2);
  puzzleOf(await register(service, { headers }));
  await service.clock.advance(300);
  await service.tidyUp();
  assert.deepEqual(await service.db.selectFrom('spent_puzzles').selectAll().execute(), []);
});

test('K13 nothing but a whole solution of a genuine puzzle is taken', async (t) => {
  const service = await createTestApp(t, always);
  const puzzle = puzzleOf(await register(service));
  const good = await solve(puzzle);
  const other = await solve(puzzleOf(await register(service)));
  const { challenge, solution } = good;
  const withParameters = (changes: object): Solved => ({
    ...good,
    challenge: { ...challenge, parameters: { ...challenge.parameters, ...changes } },
  });
  const keyOf = async (counter: number) => {
    const { nonce, salt } = challenge.parameters;
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    const password = Buffer.concat([Buffer.from(nonce, 'hex'), number]);
    const key = await deriveKey(challenge.parameters, Buffer.from(salt, 'hex'), password);
    return Buffer.from(key.derivedKey).toString('hex');
  };
  const { keyPrefix } = challenge.parameters;
  const hostile: Record<string, unknown> = {
    'the key of a number that was not looked for': {
      challenge,
      solution: { counter: 0, derivedKey: await keyOf(0) },
    },
    'the prefix alone': { challenge, solution: { counter: 1, derivedKey: keyPrefix } },
    'the prefix and zeros': {
      challenge,
      solution: { counter: 1, derivedKey: keyPrefix.padEnd(64, '0') },
    },
    'the key of another puzzle': { challenge, solution: other.solution },
    'a cheaper puzzle': withParameters({ cost: 1 }),
    'a shorter prefix': withParameters({ keyPrefix: keyPrefix.slice(0, 2) }),
    'another prefix': withParameters({ keyPrefix: '00'.repeat(16) }),
    'a key that the client signs': withParameters({ keySignature: '00'.repeat(32) }),
    'no signed key': withParameters({ keySignature: undefined }),
    'another algorithm': withParameters({ algorithm: 'SHA-256' }),
    'a later expiry': withParameters({
      data: { ...challenge.parameters.data, expires_at: 4_000_000_000 },
    }),
    'another use': withParameters({ data: { ...challenge.parameters.data, use: 'x'.repeat(22) } }),
    'no data': withParameters({ data: undefined }),
    'another signature': { ...good, challenge: { ...challenge, signature: '00'.repeat(32) } },
    'no signature': { ...good, challenge: { parameters: challenge.parameters } },
    'half of a digit': {
      challenge,
      solution: { ...solution, derivedKey: solution.derivedKey.slice(1) },
    },
    'a negative number': { challenge, solution: { counter: -1, derivedKey: await keyOf(1) } },
    'a number of text': { challenge, solution: { counter: '1', derivedKey: ['a'] } },
    'the puzzle without a solution': challenge,
    null: null,
    'a list': [good],
    'a number': 7,
  };
  const texts = {
    ...Object.fromEntries(Object.entries(hostile).map(([what, value]) => [what, encode(value)])),
    'an empty header': '',
    'no base64': '%%%',
    'no JSON': Buffer.from('{"challenge":').toString('base64url'),
    'a prototype': Buffer.from('{"__proto__":{"challenge":1}}').toString('base64url'),
    'the puzzle as it came': puzzle,
    'much too long': encode({ ...good, more: 'x'.repeat(3000) }),
  };
  for (const [what, text] of Object.entries(texts)) {
    const answer = await register(service, { headers: withSolution(text) });
    assert.equal(answer.status, 428, `${what}: ${answer.text}`);
  }
  assert.equal(await usersOf(service), 0);
  assertStatus(await register(service, { headers: withSolution(encode(good)) }), 201);
});

test('K13 a puzzle of another deployment is refused', async (t) => {
  const elsewhere = { SECRET_KEY: 'Zm9yIHRoZSB0ZXN0cyBvZiBhbm90aGVyIGRlcGxveW1lbnQ' };
  const foreign = await createTestApp(t, { ...always, ...elsewhere });
  const headers = await solutionHeader(await register(foreign));
  const service = await createTestApp(t, always);
  puzzleOf(await register(service, { headers }));
});

test('K14 auto: the fourth sign-up of a network in ten minutes is asked, others are not', async (t) => {
  const service = await createTestApp(t, auto);
  for (const send of [register, forgot]) {
    const remoteAddress = newNetwork();
    for (let count = 0; count < 3; count += 1)
      assert.ok((await send(service, { remoteAddress })).status < 300);
    const asked = await send(service, { remoteAddress });
    const answer = await send(service, { remoteAddress, headers: await solutionHeader(asked) });
    assert.ok(answer.status < 300, answer.text);
    assert.ok((await send(service, { remoteAddress: newNetwork() })).status < 300);
  }
});

test('K14 auto: many sign-ups from everywhere are asked, whoever comes next', async (t) => {
  const service = await createTestApp(t, { ...auto, PROJECT_NAME: 'Many' });
  const statuses = [];
  for (let count = 0; count < 62; count += 1)
    statuses.push((await forgot(service, { remoteAddress: newNetwork() })).status);
  assert.deepEqual([statuses.indexOf(428), statuses.filter((one) => one === 428).length], [60, 2]);
});

for (const realm of realms) {
  const path = `${realm.path}/login`;
  const account = (service: TestApp) =>
    realm.kind === 'admin' ? signedInAdmin(service) : signedInUser(service);

  test(`K14 ${realm.kind}: after three failures a sign-in under that name is asked`, async (t) => {
    const service = await createTestApp(t, auto);
    const { username, password } = await account(service);
    const { api } = service;
    for (const name of [username, `nobody.${realm.kind}`]) {
      const from = () => ({ remoteAddress: newNetwork() });
      for (let count = 0; count < 3; count += 1) {
        const body = { username: count === 1 ? name.toUpperCase() : name, password: 'wrong' };
        assertStatus(await api.post(path, body, from()), 401);
      }
      const remoteAddress = newNetwork();
      const right = { username: name, password };
      const asked = await api.post(path, right, { remoteAddress });
      const headers = await solutionHeader(asked);
      const answer = await api.post(path, right, { remoteAddress, headers });
      assertStatus(answer, name === username ? 200 : 401);
    }
    // Somebody else is not held up, nor the same name in the other realm.
    const other = await account(service);
    const body = { username: other.username, password: other.password };
    assertStatus(await api.post(path, body, { remoteAddress: newNetwork() }), 200);
    const elsewhere = realm.kind === 'admin' ? userRealm : adminRealm;
    const unknown = { username, password: 'wrong' };
    const answer = await api.post(`${elsewhere.path}/login`, unknown, {
      remoteAddress: newNetwork(),
    });
    assertStatus(answer, 401);
  });
}

test('K14 five failures of a network under five names make it be asked', async (t) => {
  const { api } = await createTestApp(t, auto);
  const remoteAddress = newNetwork();
  for (let count = 0; count < 5; count += 1) {
    const body = { username: `somebody.${count}`, password: 'wrong' };
    assertStatus(await api.post('/api/users/login', body, { remoteAddress }), 401);
  }
  const body = { username: 'somebody.else', password: 'wrong' };
  puzzleOf(await api.post('/api/users/login', body, { remoteAddress }));
});

test('K14 always: a first sign-in is not asked, the one after a failure is', async (t) => {
  const service = await createTestApp(t, always);
  const { username, password } = await signedInUser(service);
  const from = { remoteAddress: newNetwork() };
  const login = (body: object, more: From = {}) =>
    service.api.post('/api/users/login', body, { ...from, ...more });
  assertStatus(await login({ username, password }), 200);
  assertStatus(await login({ username, password: 'wrong' }), 401);
  const headers = await solutionHeader(await login({ username, password }));
  assertStatus(await login({ username, password }, { headers }), 200);
});

test('K14 a right password that wants a second factor is no failure', async (t) => {
  const service = await createTestApp(t, auto);
  const { username, password, secret } = await protectedAccount(service, userRealm);
  for (let count = 0; count < 5; count += 1) {
    const remoteAddress = newNetwork();
    const login = await service.api.post(
      '/api/users/login',
      { username, password },
      { remoteAddress },
    );
    assertStatus(login, 401);
    assert.equal(login.body.details.reason, 'second_factor_required');
  }
  assert.ok(codeOf(service, secret));
});

test('K14 nothing typed is a key of the limits, and a puzzle tells of no network', async (t) => {
  const service = await createTestApp(t, { ...auto, PROJECT_NAME: 'Keys' });
  const keys: string[] = [];
  const { limiter } = service;
  const { ...original } = limiter;
  for (const name of ['take', 'count'] as const)
    t.mock.method(limiter, name, (policy: LimitPolicy, key: string) => {
      keys.push(key);
      return original[name](policy, key);
    });
  const body = { username: 'grace@navy.example', password: 'wrong' };
  assertStatus(await service.api.post('/api/users/login', body), 401);
  assert.ok(keys.length > 4);
  assert.ok(!keys.join().includes('navy'));
  for (let sent = 0; sent < 3; sent += 1) await register(service);
  const { parameters } = readPuzzle(puzzleOf(await register(service)));
  assert.ok(!JSON.stringify(parameters).includes('127.'));
});

test('K14 the document has the 428 where a puzzle may be asked for, and nowhere else', async (t) => {
  const { app } = await createTestApp(t);
  const paths = app.swagger().paths as Record<string, Record<string, { responses: object }>>;
  const asking = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { responses }]) => '428' in responses)
      .map(([method]) => `${method} ${path}`),
  );
  assert.deepEqual(asking.toSorted(), [
    'post /api/admins/login',
    'post /api/password/forgot-password',
    'post /api/users/login',
    'post /api/users/login/email',
    'post /api/users/register',
  ]);
});
