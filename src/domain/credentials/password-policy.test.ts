import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../configuration/config.ts';
import { AppError } from '../../platform/errors.ts';
import { adminRealm, type Realm, userRealm } from '../realms/realms.ts';
import { isCommonPassword } from './common-passwords.ts';
import { contextFault, newPassword, refuseGuessable, typedPassword } from './password-policy.ts';

const config = parseConfig({});

const ada = {
  username: 'Ada.Lovelace',
  email: 'countess@example.com',
  projectName: 'ADL Production',
};

/** The types of the faults of a new password; empty if it is accepted. */
function faultsOf(password: unknown, realm: Realm = userRealm): (string | undefined)[] {
  const issues = newPassword(config, realm).safeParse(password).error?.issues ?? [];
  return issues.map((issue) =>
    issue.code === 'custom' ? (issue.params?.type ?? 'text') : issue.code,
  );
}

test('a new password has 8 (users) or 12 (admins) to 128 characters', () => {
  assert.deepEqual(faultsOf('v7 kqz.'), ['password_too_short']);
  assert.deepEqual(faultsOf('v7 kqz.w'), []);
  assert.deepEqual(faultsOf('v7 kqz.wmtr', adminRealm), ['password_too_short']);
  assert.deepEqual(faultsOf('v7 kqz.wmtrp', adminRealm), []);
  assert.deepEqual(faultsOf('é'.repeat(128)), []);
  assert.deepEqual(faultsOf('é'.repeat(129)), ['password_too_long']);
});

test('characters are code points: an emoji counts once, and 128 of them fit', () => {
  assert.deepEqual(faultsOf('😀'.repeat(7)), ['password_too_short']);
  assert.deepEqual(faultsOf('😀'.repeat(8)), []);
  assert.deepEqual(faultsOf('😀'.repeat(128)), []);
  assert.deepEqual(faultsOf('😀'.repeat(129)), ['password_too_long']);
});

test('a new password is well-formed text of any characters', () => {
  for (const password of [
    'kqzvwmtrpl',
    '        ',
    '\t\r\n\u00a0\u2028 abc',
    'ßẞıİǆǅ\u0301\u200d',
  ]) {
    assert.deepEqual(faultsOf(password), [], JSON.stringify(password));
  }
  for (const password of [
    'with a \u0000 inside',
    'half an \ud83d emoji',
    '\ude00\ud83d backwards',
  ]) {
    assert.deepEqual(faultsOf(password), ['text'], JSON.stringify(password));
  }
  for (const password of [undefined, null, 12_345_678, true, ['v7 kqz.wmtr'], {}]) {
    assert.deepEqual(faultsOf(password), ['invalid_type']);
  }
});

test('the message names the fault of a password and the required length', () => {
  for (const [password, message] of [
    ['v7 kqz.wmtr', 'must have at least 12 characters'],
    ['é'.repeat(129), 'must have at most 128 characters and 512 bytes'],
    ['password1234', 'is one of the most common passwords'],
  ] as const) {
    assert.equal(
      newPassword(config, adminRealm).safeParse(password).error?.issues[0]?.message,
      message,
    );
  }
  const tooManyBytes = typedPassword.safeParse('é'.repeat(257));
  assert.equal(tooManyBytes.error?.issues[0]?.message, 'must have at most 512 bytes');
  assert.match(contextFault('countess', 'password', ada)?.message ?? '', /^is too close to .+/);
});

test('the schema describes the password lengths and has an example that is accepted', () => {
  const password = newPassword(config, adminRealm);
  assert.match(password.description ?? '', /^12 to 128 characters/);
  assert.ok(password.safeParse(password.meta()?.example).success);
  assert.ok(typedPassword.safeParse(typedPassword.meta()?.example).success);
});

test('a password is kept exactly as it was typed', () => {
  for (const password of ['  v7 kqz.w  ', 'cafe\u0301 noir', 'CaSe MaTtErS']) {
    assert.equal(newPassword(config, userRealm).parse(password), password);
    assert.equal(typedPassword.parse(password), password);
  }
});

test('a password check accepts any password that could ever be set', () => {
  for (const password of ['x', 'password', ' ', '😀'.repeat(128), 'x'.repeat(512)]) {
    assert.ok(typedPassword.safeParse(password).success, password);
  }
  for (const password of [
    '',
    'x'.repeat(513),
    '😀'.repeat(129),
    'é'.repeat(257),
    'a\u0000',
    '\ud83d',
    1,
    null,
  ]) {
    assert.ok(!typedPassword.safeParse(password).success, String(password));
  }
});

test('common passwords from leaks are refused in upper and lower case', () => {
  for (const password of [
    'password',
    'Password',
    'PASSWORD123',
    'qwertyuiop',
    '1234567890',
    'iloveyou',
  ]) {
    assert.deepEqual(faultsOf(password), ['password_common'], password);
    assert.ok(isCommonPassword(password));
  }
  assert.ok(!isCommonPassword('violet harbour anvil 93'));
  assert.ok(!isCommonPassword('1234567'), 'too short for any account, so not kept in memory');
  const years = Array.from({ length: 60 }, (_, index) => `0101${1950 + index}`);
  assert.ok(years.filter(isCommonPassword).length > 20, 'dates of birth are in the list');
});

for (const [password, why] of [
  ['ada.lovelace', 'the username in another case'],
  ['Ada.Lovelace1815', 'the username and digits'],
  ['xx Ada.Lovelace xx', 'the username inside'],
  ['COUNTESS', 'the local part of the e-mail address'],
  ['countess2024', 'the local part and digits'],
  ['Countess@Example.com', 'the e-mail address in another case'],
  ['countess@example.com99', 'the e-mail address and digits'],
  ['my countess@example.com!', 'the e-mail address inside'],
  ['EXAMPLE', 'the first label of the domain'],
  ['example2024', 'the first label of the domain and digits'],
  ['adl production', "the project's name"],
  ['ADL Production2026', "the project's name and digits"],
] as const) {
  test(`a password close to the account is refused: ${why}`, () => {
    const fault = contextFault(password, 'new_password', ada);
    assert.equal(fault?.field, 'new_password');
    assert.equal(fault.type, 'password_guessable');
    assert.ok(!fault.message.includes(password));
    assert.throws(
      () => refuseGuessable(password, 'password', ada),
      (error) =>
        error instanceof AppError &&
        error.status === 422 &&
        error.details?.errors?.[0]?.field === 'password',
    );
  });
}

test('a password that only resembles the account data is accepted', () => {
  for (const password of [
    'violet harbour anvil 93',
    'the countess of lovelace',
    '2024countess',
    'production line 7',
    'example.com',
    'an example of wit',
    'countess(at)example.com',
    'lovelace.ada',
  ]) {
    assert.equal(contextFault(password, 'password', ada), null, password);
    refuseGuessable(password, 'password', ada);
  }
});

test('a username of fewer than four letters is only compared with the whole password', () => {
  const bob = { ...ada, username: 'bob' };
  assert.equal(contextFault('discobobsled', 'password', bob), null);
  assert.notEqual(contextFault('bob20242024', 'password', bob), null);
  assert.notEqual(contextFault('spongebobby', 'password', { ...ada, username: 'bobb' }), null);
});

test('trailing digits are ignored in names and addresses as in the password', () => {
  const numbered = {
    username: 'ada1815',
    email: 'lady99@mail24.example.com',
    projectName: 'Ledger 2',
  };
  for (const password of ['ada1852', 'Ada', 'lady', 'LADY1', 'mail', 'mail2024', 'ledger 3']) {
    assert.notEqual(contextFault(password, 'password', numbered), null, password);
  }
  assert.equal(contextFault('my mail of 2024', 'password', numbered), null);
});

test('a domain of one label and a malformed address are handled', () => {
  const odd = { ...ada, email: 'root@localhost' };
  assert.notEqual(contextFault('localhost1', 'password', odd), null);
  for (const email of ['', '@', 'no address', '@example.com', 'a@']) {
    assert.equal(
      contextFault('violet harbour anvil 93', 'password', { ...ada, email }),
      null,
      email,
    );
  }
});

test('a number is not too close to another number', () => {
  const numbered = { username: '4711', email: '13800138000@example.com', projectName: '1984' };
  assert.equal(contextFault('99283746501', 'password', numbered), null);
  assert.notEqual(contextFault('13800138000', 'password', numbered), null);
  assert.notEqual(contextFault('0004711000', 'password', numbered), null);
});
