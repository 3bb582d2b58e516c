import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretNames } from './config-schema.ts';
import { showVariables } from './shown-variables.ts';

test('a secret is not shown, nor what a later variable of that name would hold', () => {
  const names = [...secretNames, 'OIDC_CLIENT_SECRET', 'PROVIDER_API_KEY', 'SMTP_USER'];
  const given = Object.fromEntries(names.map((name) => [name, 'hidden']));
  for (const { name, value, isSecret, isSet } of showVariables(names, given))
    assert.deepEqual([value, isSecret, isSet], [null, true, true], name);
});

test('limits of tokens and passwords are no secrets', () => {
  const names = ['ACCESS_TOKEN_EXPIRE_MINUTES', 'PASSWORD_MIN_LENGTH', 'BACKUP_TO'];
  for (const { name, value } of showVariables(
    names,
    Object.fromEntries(names.map((one) => [one, '8'])),
  ))
    assert.equal(value, '8', name);
});

test('an address is shown without its password, its query and its fragment', () => {
  const shown = (value: string) => showVariables(['X'], { X: value })[0]?.value;
  assert.equal(shown('https://user:p@ss@host'), 'https://host/');
  assert.equal(shown('https://user:pass@host:8/path?key=1#x'), 'https://host:8/path');
  assert.equal(shown('https://host.example/path'), 'https://host.example/path');
  assert.equal(shown('a, b'), 'a, b');
});
