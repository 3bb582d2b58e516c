import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import {
  goodPassword,
  newRegistration,
  type SignedIn,
  signedInUser,
  signIn,
} from '../factories.ts';
import { reset, resetToken } from '../reset-calls.ts';
import { refreshed, signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Random text of the given length. */
function strong(characters: number): string {
  return createHash('shake256', { outputLength: characters })
    .update('seed')
    .digest('base64')
    .slice(0, characters);
}

/** Registers an account with that password; an admin is registered by the superadmin `by`. */
function register(
  { api }: TestApp,
  realm: Realm,
  by: SignedIn,
  wanted: { password: string; username?: string; email?: string },
): Promise<Answer> {
  const options = realm.kind === 'admin' ? { token: by.accessToken } : {};
  return api.post(`${realm.path}/register`, newRegistration(wanted), options);
}

function changeTo(
  { api }: TestApp,
  realm: Realm,
  account: SignedIn,
  newPassword: string,
): Promise<Answer> {
  const body = { current_password: account.password, new_password: newPassword };
  return api.post(`${realm.path}/change-password`, body, { token: account.accessToken });
}

function resetTo({ api }: TestApp, newPassword: string): Promise<Answer> {
  return api.post('/api/password/reset-password', { token: 'any', new_password: newPassword });
}

function assertFault(answer: Answer, field: string, type: string): void {
  assertStatus(answer, 422);
  const faults = answer.body.details.errors;
  assert.equal(faults.length, 1, answer.text);
  assert.equal(faults[0].field, field);
  assert.equal(faults[0].type, type);
  assert.ok(faults[0].message.length > 10, 'with a reason');
}

for (const [realm, min, configuredMin] of [
  [userRealm, 8, undefined],
  [adminRealm, 12, undefined],
  [userRealm, 15, '15'],
  [adminRealm, 20, '20'],
] as const) {
  const how = configuredMin === undefined ? 'by default' : 'as configured';
  test(`D01 ${realm.kind}: passwords have ${min} to 128 characters ${how}`, async (t) => {
    const names = { user: 'PASSWORD_MIN_LENGTH', admin: 'ADMIN_PASSWORD_MIN_LENGTH' };
    const service = await createTestApp(
      t,
      configuredMin ? { [names[realm.kind]]: configuredMin } : {},
    );
    const account = await signedInTo(service, realm);
    for (const [length, type] of [
      [min - 1, 'password_too_short'],
      [129, 'password_too_long'],
    ] as const) {
      const password = strong(length);
      assertFault(await register(service, realm, account, { password }), 'password', type);
      assertFault(await changeTo(service, realm, account, password), 'new_password', type);
    }
    for (const length of [min, 64, 128]) {
      const password = strong(length);
      assertStatus(await register(service, realm, account, { password }), 201);
      assertStatus(await changeTo(service, realm, account, password), 200);
      account.password = password;
    }
    await signIn(service, realm, account);
  });
}

test('D01 a reset has the same limits and checks them before the token', async (t) => {
  const service = await createTestApp(t);
  assertFault(await resetTo(service, strong(7)), 'new_password', 'password_too_short');
  assertFault(await resetTo(service, strong(129)), 'new_password', 'password_too_long');
  for (const length of [8, 64, 128]) assertStatus(await resetTo(service, strong(length)), 400);
});

test('D01 the length counts characters, not bytes or UTF-16 units', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInTo(service, userRealm);
  const seven = '😀🙈🚀🌵🎻🧊🪁';
  assert.equal(seven.length, 14);
  assertFault(
    await register(service, userRealm, user, { password: seven }),
    'password',
    'password_too_short',
  );
  assertStatus(await register(service, userRealm, user, { password: `${seven}🧭` }), 201);
});

for (const realm of realms) {
  const common = {
    user: ['password123', 'PassWord123', 'qwertyuiop', '1234567890', 'iloveyou'],
    admin: ['password1234', 'PASSWORD1234', 'qwertyuiop123', '123456789012', 'qwerty123456'],
  };

  test(`D02 ${realm.kind}: common passwords are refused at register, change and reset`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    for (const password of common[realm.kind]) {
      assertFault(
        await register(service, realm, account, { password }),
        'password',
        'password_common',
      );
      assertFault(
        await changeTo(service, realm, account, password),
        'new_password',
        'password_common',
      );
      if (realm.kind === 'user') {
        assertFault(await resetTo(service, password), 'new_password', 'password_common');
      }
    }
    await signIn(service, realm, account);
  });

  test(`D02 ${realm.kind}: passwords naming account or product are refused`, async (t) => {
    const service = await createTestApp(t, { PROJECT_NAME: 'Harbour Ledger' });
    const superadmin = await signedInTo(service, adminRealm);
    const names = { username: 'grace.m.hopper', email: 'rear.admiral.g@the-navy-yard.example' };
    const guessable = [
      'grace.m.hopper2024',
      'GRACE.M.Hopper',
      'my grace.m.hopper!',
      'rear.admiral.g',
      'Rear.Admiral.G07',
      'rear.admiral.g@the-navy-yard.example',
      'Rear.Admiral.G@The-Navy-Yard.Example24',
      'is rear.admiral.g@the-navy-yard.example',
      'The-Navy-Yard',
      'the-navy-yard1944',
      'Harbour Ledger',
      'harbour ledger2026',
    ];
    for (const password of guessable) {
      const answer = await register(service, realm, superadmin, { ...names, password });
      assertFault(answer, 'password', 'password_guessable');
    }
    const registered = await register(service, realm, superadmin, {
      ...names,
      password: goodPassword,
    });
    assertStatus(registered, 201);
    const account = await signIn(service, realm, { ...names, password: goodPassword });
    for (const password of guessable) {
      assertFault(
        await changeTo(service, realm, account, password),
        'new_password',
        'password_guessable',
      );
    }
    await signIn(service, realm, account);
  });
}

test('D02 a reset refuses such passwords too and does not use up the link', async (t) => {
  const service = await createTestApp(t, { PROJECT_NAME: 'Harbour Ledger' });
  const user = await signedInUser(service, {
    username: 'grace.m.hopper',
    email: 'rear.admiral.g@the-navy-yard.example',
  });
  const token = await resetToken(service, user.email);
  for (const password of [
    'grace.m.hopper2024',
    'my GRACE.m.hopper!',
    'Rear.Admiral.G07',
    'rear.admiral.g@the-navy-yard.example',
    'THE-NAVY-YARD24',
    'harbour ledger2026',
  ]) {
    assertFault(await reset(service.api, token, password), 'new_password', 'password_guessable');
  }
  assertStatus(await reset(service.api, token), 200);
});

test('D02 short and containing the mail domain: both are reported, with other errors', async (t) => {
  const { api } = await createTestApp(t);
  const body = { username: 'a b', email: 'grace@navy.example', password: 'Navy1', full_name: 7 };
  const answer = await api.post('/api/users/register', body);
  assertStatus(answer, 422);
  const faults = answer.body.details.errors.map((fault: { type: string }) => fault.type);
  for (const type of ['password_too_short', 'password_guessable'])
    assert.ok(faults.includes(type), type);
  assert.equal(faults.length, 4, answer.text);
});

const uncomposed = [
  'kqzvwmtrplxhbncd',
  'four words of no rank',
  '🪁🧊🎻🌵🚀🙈😀🧭🦉🪻🥁🧶',
  '  lead and trail  ',
  '\tno-break\u00a0and tab\t',
];

for (const password of uncomposed) {
  test(`D03 ${JSON.stringify(password)} is accepted, and every character counts`, async (t) => {
    const service = await createTestApp(t);
    const owner = await signedInTo(service, userRealm);
    const registration = newRegistration({ password });
    assertStatus(await service.api.post('/api/users/register', registration), 201);
    const registered = await signIn(service, userRealm, registration);
    assertStatus(await changeTo(service, userRealm, owner, password), 200);
    const changed = await signIn(service, userRealm, { ...owner, password });

    const others = [
      `${password} `,
      ` ${password}`,
      [...password].slice(0, -1).join(''),
      password.trim(),
      password.toUpperCase(),
    ];
    for (const other of new Set(others)) {
      if (other === password) continue;
      for (const [place, { username }] of [registered, changed].entries()) {
        const remoteAddress = `127.3.${place}.${others.indexOf(other) + 1}`;
        const login = { username, password: other };
        assertStatus(await service.api.post('/api/users/login', login, { remoteAddress }), 401);
      }
    }
  });
}

for (const realm of realms) {
  test(`D12 ${realm.kind}: a change needs the current password and a different new one`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const other = await signIn(service, realm, account);
    const next = 'granite lantern 41 willow';
    const refusals: [body: object, status: number, reason: string | undefined][] = [
      [{ current_password: 'not the current one', new_password: next }, 400, 'wrong_password'],
      [{ current_password: next, new_password: next }, 400, 'wrong_password'],
      [
        { current_password: account.password, new_password: account.password },
        400,
        'password_unchanged',
      ],
      [{ new_password: next }, 422, undefined],
      [{ current_password: '', new_password: next }, 422, undefined],
      [{ current_password: null, new_password: next }, 422, undefined],
      [{ current_password: [account.password], new_password: next }, 422, undefined],
      [{ password: account.password, new_password: next }, 422, undefined],
    ];
    for (const [body, status, reason] of refusals) {
      const path = `${realm.path}/change-password`;
      const answer = await service.api.post(path, body, { token: account.accessToken });
      assertStatus(answer, status);
      assert.equal(answer.body.details.reason, reason);
    }
    for (const { accessToken, refreshToken } of [account, other]) {
      assert.equal(await statusOfMe(service.api, realm, accessToken), 200);
      await refreshed(service.api, realm, refreshToken);
    }
    const attempt = { username: account.username, password: next };
    assertStatus(await service.api.post(`${realm.path}/login`, attempt), 401);
    await signIn(service, realm, account);
  });
}
