import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildApp } from '../../src/app.ts';
import { adminRealm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus, createApi } from '../api.ts';
import { adminOn } from '../deletion-calls.ts';
import {
  answerChallenge,
  challengeFor,
  codeOf,
  factorCalls,
  logIn,
  nextStep,
  protectedAccount,
  startOfStep,
  wrongCodeOf,
} from '../factor-calls.ts';
import { signedInAdmin } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

/** Each from a network of its own, so that all twenty have a challenge and guesses left. */
function clientAt(index: number) {
  return { remoteAddress: `127.8.0.${index + 1}` };
}

for (const realm of realms) {
  test(`N01 ${realm.kind}: the right password opens nothing`, async (t) => {
    const service = await createTestApp(t);
    const account = await protectedAccount(service, realm);
    const { db } = service;
    const sessions = await db.selectFrom('sessions').selectAll().execute();
    const asked = await logIn(service, realm, account);
    assertStatus(asked, 401);
    const { challenge, ...details } = asked.body.details;
    assert.match(challenge, /^[\w-]{43}$/);
    assert.deepEqual(details, {
      reason: 'second_factor_required',
      methods: ['code'],
      expires_in: 300,
    });
    assert.equal(asked.headers['set-cookie'], undefined);
    assert.deepEqual(await db.selectFrom('sessions').selectAll().execute(), sessions);
    for (const token of [challenge, `r1.${challenge}`]) {
      assertStatus(await service.api.get(`${realm.path}/me`, { token }), 401);
      const body = { refresh_token: token };
      assertStatus(await service.api.post(`${realm.path}/refresh`, body), 401);
    }
  });
}

test('N02 one code in 20 requests at once opens one session', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const challenges = [];
  for (let index = 0; index < 20; index += 1)
    challenges.push(await challengeFor(service, userRealm, account, clientAt(index)));
  const code = codeOf(service, account.secret);
  const answers = await Promise.all(
    challenges.map((challenge, index) =>
      answerChallenge(service, userRealm, challenge, code, clientAt(index)),
    ),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [200, ...Array.from({ length: 19 }, () => 401)]);
});

test('N02 one challenge and two good codes at once open one session', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const challenge = await challengeFor(service, userRealm, account);
  const [one = '', two = ''] = account.recoveryCodes;
  const answers = await Promise.all(
    [one, two].map((code) => answerChallenge(service, userRealm, challenge, code)),
  );
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 401]);
});

test('N03 codes of the steps before and after count, of two steps away not', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const use = async (steps: number) => {
    const challenge = await challengeFor(service, userRealm, account);
    const code = codeOf(service, account.secret, steps);
    return (await answerChallenge(service, userRealm, challenge, code)).status;
  };
  await service.clock.advance(120);
  await startOfStep(service);
  assert.deepEqual([await use(-2), await use(2)], [401, 401]);
  assert.deepEqual([await use(-1), await use(0), await use(1)], [200, 200, 200]);
  assert.deepEqual([await use(0), await use(1)], [401, 401], 'none counts twice');
});

test('N03 a database clock that was set back locks nobody out', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  await service.clock.advance(24 * 60 * 60);
  const use = async () => {
    const challenge = await challengeFor(service, userRealm, account);
    return answerChallenge(service, userRealm, challenge, codeOf(service, account.secret));
  };
  assertStatus(await use(), 200);
  await service.clock.advance(-24 * 60 * 60);
  assertStatus(await use(), 200);
  assertStatus(await use(), 401);
});

for (const [realm, limit] of [
  [userRealm, 5],
  [adminRealm, 3],
] as const) {
  test(`N04 ${realm.kind}: wrong codes and passwords count together, over a restart`, async (t) => {
    const service = await createTestApp(t);
    const account = await protectedAccount(service, realm);
    const wrong = { ...account, password: 'not the right one' };
    assertStatus(await logIn(service, realm, wrong), 401);
    const challenge = await challengeFor(service, realm, account);
    const code = wrongCodeOf(service, account.secret);
    for (let count = 1; count < limit; count += 1)
      assertStatus(await answerChallenge(service, realm, challenge, code), 401);

    const app = await buildApp(service.deps);
    t.after(() => app.close());
    const restarted = { api: createApi(app) };
    assertStatus(await logIn(restarted, realm, account), 429);
    const right = codeOf(service, account.secret);
    assertStatus(await answerChallenge(restarted, realm, challenge, right), 429);
    const elsewhere = { remoteAddress: '127.8.1.1' };
    const other = await challengeFor(restarted, realm, account, elsewhere);
    await nextStep(service);
    const next = codeOf(service, account.secret);
    assertStatus(await answerChallenge(restarted, realm, other, next, elsewhere), 200);
  });
}

test('N04 a right password between wrong codes clears no count', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const code = wrongCodeOf(service, account.secret);
  for (let count = 0; count < 5; count += 1) {
    const challenge = await challengeFor(service, userRealm, account);
    assertStatus(await answerChallenge(service, userRealm, challenge, code), 401);
  }
  assertStatus(await logIn(service, userRealm, account), 429);
});

test('N04 parallel wrong codes gain no guess', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const challenges = [];
  for (let index = 0; index < 5; index += 1)
    challenges.push(await challengeFor(service, userRealm, account));
  const code = wrongCodeOf(service, account.secret);
  const right = codeOf(service, account.secret);
  const tries = challenges.flatMap((challenge) =>
    [code, code, code, right].map((one) => [challenge, one] as const),
  );
  const answers = await Promise.all(
    tries.map(([challenge, one]) => answerChallenge(service, userRealm, challenge, one)),
  );
  const { length: successes } = answers.filter(({ status }) => status === 200);
  assert.ok(successes <= 1);
  // A right code that came first has ended the count.
  if (successes === 0)
    assertStatus(await logIn(service, userRealm, { ...account, password: 'wrong' }), 429);
});

test('N05 a challenge is good for one account, password, client and use', async (t) => {
  const service = await createTestApp(t);
  const [ada, bob] = [
    await protectedAccount(service, userRealm),
    await protectedAccount(service, userRealm),
  ];
  const answers: Answer[] = [];
  const challenge = await challengeFor(service, userRealm, ada);
  const code = () => codeOf(service, ada.secret);
  answers.push(await answerChallenge(service, userRealm, challenge, codeOf(service, bob.secret)));
  const elsewhere = { remoteAddress: '127.8.2.1' };
  answers.push(await answerChallenge(service, userRealm, challenge, code(), elsewhere));
  const otherProgram = { headers: { 'user-agent': 'another/1.0' } };
  answers.push(await answerChallenge(service, userRealm, challenge, code(), otherProgram));
  answers.push(await answerChallenge(service, adminRealm, challenge, code()));
  answers.push(await answerChallenge(service, userRealm, 'made up', code()));
  assertStatus(await answerChallenge(service, userRealm, challenge, code()), 200);
  await nextStep(service);
  answers.push(await answerChallenge(service, userRealm, challenge, code()));

  const late = await challengeFor(service, userRealm, ada);
  await service.clock.advance(301);
  answers.push(await answerChallenge(service, userRealm, late, code()));
  const before = await challengeFor(service, userRealm, ada);
  const passwords = { current_password: ada.password, new_password: 'meadow copper 77 drift' };
  const { accessToken: token } = ada;
  assertStatus(await service.api.post('/api/users/change-password', passwords, { token }), 200);
  answers.push(await answerChallenge(service, userRealm, before, code()));
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.message, body.details]),
    answers.map(() => [401, answers[0]?.body.message, { reason: 'second_factor_failed' }]),
  );
});

test('N05 a challenge is dead after five tries, whoever counted them', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const challenge = await challengeFor(service, userRealm, account);
  for (let count = 0; count < 5; count += 1)
    assertStatus(await answerChallenge(service, userRealm, challenge, 'nonsense'), 401);
  await service.db.deleteFrom('throttles').execute();
  const code = codeOf(service, account.secret);
  assertStatus(await answerChallenge(service, userRealm, challenge, code), 401);
  assertStatus(await logIn(service, userRealm, account), 401);
});

test('N05 an account deactivated or deleted between the steps opens nothing', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const challenge = await challengeFor(service, userRealm, account);
  const code = () => codeOf(service, account.secret);
  const admin = adminOn(service, await signedInAdmin(service), account);
  assertStatus(await admin.change({ is_active: false }), 200);
  assertStatus(await answerChallenge(service, userRealm, challenge, code()), 401);
  await nextStep(service);
  assertStatus(await admin.change({ is_active: true }), 200);
  assertStatus(await admin.delete(), 204);
  assertStatus(await answerChallenge(service, userRealm, challenge, code()), 401);
  await nextStep(service);
  assertStatus(await admin.restore(), 200);
  assertStatus(await logIn(service, userRealm, account), 401);
  assertStatus(await answerChallenge(service, userRealm, challenge, code()), 200);
});

test('N05 a flood of right passwords keeps five challenges of a network', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const elsewhere = await challengeFor(service, userRealm, account, clientAt(0));
  for (let count = 0; count < 7; count += 1) await challengeFor(service, userRealm, account);
  const rows = await service.db.selectFrom('second_factor_challenges').selectAll().execute();
  assert.equal(rows.length, 6);
  const code = codeOf(service, account.secret);
  assertStatus(await answerChallenge(service, userRealm, elsewhere, code, clientAt(0)), 200);
  await service.clock.advance(301);
  await service.tidyUp();
  assert.deepEqual(
    await service.db.selectFrom('second_factor_challenges').selectAll().execute(),
    [],
  );
});

test('N07 one recovery code in 10 requests at once opens one session', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const challenges = [];
  for (let index = 0; index < 10; index += 1)
    challenges.push(await challengeFor(service, userRealm, account, clientAt(index)));
  const [code = ''] = account.recoveryCodes;
  const answers = await Promise.all(
    challenges.map((challenge, index) =>
      answerChallenge(service, userRealm, challenge, code, clientAt(index)),
    ),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 401)]);
  const { body } = await factorCalls(service, userRealm, account.accessToken).list();
  assert.equal(body.recovery_codes_left, 9);
});

test("N05 one account's recovery code is wrong for another", async (t) => {
  const service = await createTestApp(t);
  const [ada, bob] = [
    await protectedAccount(service, userRealm),
    await protectedAccount(service, userRealm),
  ];
  const challenge = await challengeFor(service, userRealm, ada);
  const [code = ''] = bob.recoveryCodes;
  assertStatus(await answerChallenge(service, userRealm, challenge, code), 401);
  const his = await challengeFor(service, userRealm, bob);
  assertStatus(await answerChallenge(service, userRealm, his, code), 200);
});

test('N05 a code of other characters is a wrong one, at each place that takes it', async (t) => {
  const service = await createTestApp(t);
  const owner = await protectedAccount(service, userRealm);
  const calls = factorCalls(service, userRealm, owner.accessToken);
  const { body: begun } = await calls.start();
  for (const code of [
    '\u{133d5}\u4dfe\ua4c3\ua5df\u2353',
    '\uff11'.repeat(6),
    '12345\u0661',
    '     6',
  ]) {
    assertStatus(await calls.confirm(begun.id, code), 400);
    const challenge = await challengeFor(service, userRealm, owner);
    assertStatus(await answerChallenge(service, userRealm, challenge, code), 401);
  }
});
