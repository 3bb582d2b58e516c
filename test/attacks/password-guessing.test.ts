import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { goodPassword, newRegistration, type SignedIn, signedInUser } from '../factories.ts';
import { signedInTo } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { onPostgres } from '../test-database.ts';

const wrong = 'not the right password';
const limits = {
  user: { fromAddress: 5, ofAccount: 100 },
  admin: { fromAddress: 3, ofAccount: 20 },
};

let addresses = 0;
function freshAddress(): string {
  addresses += 1;
  return `127.5.${addresses >> 8}.${addresses & 255}`;
}

function login(
  service: TestApp,
  realm: Realm,
  username: string,
  password: string,
  remoteAddress: string,
): Promise<Answer> {
  return service.api.post(`${realm.path}/login`, { username, password }, { remoteAddress });
}

for (const realm of realms) {
  const { fromAddress, ofAccount } = limits[realm.kind];

  test(`C01 ${realm.kind}: after ${fromAddress} wrong passwords the right one gets 429`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const ip = freshAddress();
    for (let count = 0; count < fromAddress; count += 1) {
      // By either name, in any case: it is the same account.
      const name = count % 2 === 0 ? account.username.toUpperCase() : account.email;
      assertStatus(await login(service, realm, name, wrong, ip), 401);
    }
    const hashes = service.hashes();
    const refused = await login(service, realm, account.username, account.password, ip);
    assertStatus(refused, 429);
    assert.equal(service.hashes(), hashes, 'no hash');
    const seconds = Number(refused.headers['retry-after']);
    assert.ok(seconds > 880 && seconds <= 900, `${seconds}`);
    assertStatus(
      await login(service, realm, account.username, account.password, freshAddress()),
      200,
    );
    await service.clock.advance(seconds - 5);
    assertStatus(await login(service, realm, account.username, account.password, ip), 429);
    await service.clock.advance(5);
    assertStatus(await login(service, realm, account.username, account.password, ip), 200);
  });

  test(`C03 ${realm.kind}: after ${ofAccount} daily guesses only known networks sign in`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const home = freshAddress();
    assertStatus(await login(service, realm, account.username, account.password, home), 200);
    const statuses: number[] = [];
    const guesses = ofAccount + 20;
    for (let count = 0; count < guesses; count += 1) {
      statuses.push((await login(service, realm, account.username, wrong, freshAddress())).status);
      await service.clock.advance((23 * 3600) / guesses);
    }
    assert.deepEqual(statuses, [
      ...Array<number>(ofAccount).fill(401),
      ...Array<number>(20).fill(429),
    ]);
    assertStatus(
      await login(service, realm, account.username, account.password, freshAddress()),
      429,
    );
    assertStatus(await login(service, realm, account.username, account.password, home), 200);
    await service.clock.advance(24 * 3600);
    assertStatus(
      await login(service, realm, account.username, account.password, freshAddress()),
      200,
    );
  });
}

for (const [prefix, near, far] of [
  ['64', '2001:db8:1:1:ffff::9', '2001:db8:1:2::1'],
  ['56', '2001:db8:1:ff::9', '2001:db8:1:100::1'],
] as const) {
  test(`C03 after a day of guesses the owner signs in from the same /${prefix} network`, async (t) => {
    const service = await createTestApp(t, { RATE_LIMIT_IPV6_PREFIX: prefix });
    const account = await signedInTo(service, adminRealm);
    const { username, password } = account;
    const [home, neighbour] = ['192.0.2.7', '192.0.2.8'];
    for (const ip of ['2001:db8:1:1::1', home])
      assertStatus(await login(service, adminRealm, username, password, ip), 200);
    for (let count = 0; count < limits.admin.ofAccount; count += 1)
      assertStatus(await login(service, adminRealm, username, wrong, freshAddress()), 401);
    for (const ip of [near, home])
      assertStatus(await login(service, adminRealm, username, password, ip), 200);
    for (const ip of [far, neighbour])
      assertStatus(await login(service, adminRealm, username, password, ip), 429);
    // A wrong password gets its usual answer from there too, within one network's limit.
    assertStatus(await login(service, adminRealm, username, wrong, near), 401);
    await service.clock.advance(31 * 24 * 3600);
    assertStatus(await login(service, adminRealm, username, password, far), 200);
  });
}

test('an unknown name is throttled like a known one', async (t) => {
  const service = await createTestApp(t);
  const known = await signedInUser(service);
  const outcomes = async (name: string): Promise<unknown[]> => {
    const ip = freshAddress();
    const before = service.statements().length;
    const answers: unknown[] = [];
    for (let count = 0; count < 7; count += 1) {
      const { status, headers, body } = await login(service, userRealm, name, wrong, ip);
      // A second may end between the two.
      const wait = Math.round(Number(headers['retry-after'] ?? 0) / 10);
      answers.push([status, wait, body.error, body.message, body.details]);
    }
    return [answers, service.statements().slice(before)];
  };
  assert.deepEqual(await outcomes(known.username), await outcomes('nobody.at.all'));
});

test('of twenty concurrent wrong passwords five get a 401; then a right one gets 429', async (t) => {
  const service = await createTestApp(t);
  for (let round = 0; round < (onPostgres ? 5 : 2); round += 1) {
    const user = await signedInUser(service);
    const ip = freshAddress();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => login(service, userRealm, user.username, wrong, ip)),
    );
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 401).length, 5);
    assert.equal(statuses.filter((status) => status === 429).length, 15);
    assertStatus(await login(service, userRealm, user.username, goodPassword, ip), 429);
  }
});

test('concurrent right passwords are never throttled', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const ip = freshAddress();
  for (let count = 0; count < 4; count += 1)
    assertStatus(await login(service, userRealm, user.username, wrong, ip), 401);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => login(service, userRealm, user.username, user.password, ip)),
  );
  for (const answer of answers) assertStatus(answer, 200);
  // A success clears the failures of its address.
  for (let count = 0; count < 5; count += 1)
    assertStatus(await login(service, userRealm, user.username, wrong, ip), 401);
  assertStatus(await login(service, userRealm, user.username, user.password, ip), 429);
});

test('C08 the realms count separately', async (t) => {
  const service = await createTestApp(t);
  const names = newRegistration();
  const user = await signedInUser(service, names);
  const ip = freshAddress();
  for (let count = 0; count < 4; count += 1) {
    const status = count < 3 ? 401 : 429;
    assertStatus(await login(service, realms[1], user.username, wrong, ip), status);
  }
  assertStatus(await login(service, userRealm, user.username, user.password, ip), 200);
});

for (const realm of realms) {
  test(`${realm.kind}: a stolen session has five password guesses per 15 minutes`, async (t) => {
    const service = await createTestApp(t);
    const account: SignedIn = await signedInTo(service, realm);
    const options = { token: account.accessToken };
    const change = (current_password: string) =>
      service.api.post(
        `${realm.path}/change-password`,
        { current_password, new_password: 'meadow copper 77 drift' },
        options,
      );
    const move = (current_password: string) =>
      service.api.put(`${realm.path}/me`, { email: 'new@example.com', current_password }, options);
    for (const ask of [change, move, change, move, change]) {
      const answer = await ask(wrong);
      assertStatus(answer, 400);
      assert.equal(answer.body.details.reason, 'wrong_password');
      assert.match(answer.body.message, /current password/);
    }
    for (const ask of [change, move]) {
      const refused = await ask(account.password);
      assertStatus(refused, 429);
      assert.ok(Number(refused.headers['retry-after']) > 880);
    }
    assertStatus(await service.api.get(`${realm.path}/me`, options), 200);
    const events = service.db
      .selectFrom('audit_events')
      .select(['subject_kind', 'subject_id', 'outcome']);
    const guess = { subject_kind: realm.kind, subject_id: account.id, outcome: 'failure' };
    assert.deepEqual(
      await events.where('event', '=', 'password_check').execute(),
      Array.from({ length: 5 }, () => guess),
    );
    const other = await signedInTo(service, realm);
    const body = { current_password: other.password, new_password: 'meadow copper 77 drift' };
    const { accessToken: token } = other;
    assertStatus(await service.api.post(`${realm.path}/change-password`, body, { token }), 200);
  });
}

test('the setup token allows five attempts an hour from one address', async (t) => {
  const service = await createTestApp(t, {
    ADMIN_SETUP_TOKEN: 'the set-up token of this service, long',
  });
  const remoteAddress = freshAddress();
  const register = (token: string) =>
    service.api.post('/api/admins/register', newRegistration(), {
      remoteAddress,
      headers: { 'x-setup-token': token },
    });
  for (let count = 0; count < 5; count += 1)
    assertStatus(await register(`guess number ${count}, as long as a token`), 403);
  assertStatus(await register('the set-up token of this service, long'), 429);
  await service.clock.advance(3600);
  assertStatus(await register('the set-up token of this service, long'), 201);
});
