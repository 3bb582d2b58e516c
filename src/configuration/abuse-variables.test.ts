import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, parseConfig } from './config.ts';

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

test('by default nothing is asked of clients, and no list is known', () => {
  const { abuseChallenge, breachedPasswords } = parseConfig({});
  assert.equal(abuseChallenge, 'off');
  assert.deepEqual(breachedPasswords, { file: undefined, url: undefined });
});

test('the list of breached passwords is asked over https, or on this machine', () => {
  for (const [given, url] of [
    ['https://api.pwnedpasswords.com/range/', 'https://api.pwnedpasswords.com/range'],
    ['http://127.0.0.1:8090/range', 'http://127.0.0.1:8090/range'],
    ['http://[::1]:8090', 'http://[::1]:8090'],
  ] as const)
    assert.equal(parseConfig({ BREACHED_PASSWORDS_URL: given }).breachedPasswords.url, url);
  for (const given of [
    'http://api.pwnedpasswords.com/range',
    'http://127.0.0.1.example.com',
    'https://user:secret@example.com/range',
    'https://example.com/range?key=1',
    'ftp://example.com',
    'range',
  ]) {
    const faults = faultsOf({ BREACHED_PASSWORDS_URL: given });
    assert.equal(faults.length, 1, given);
    assert.match(faults[0] ?? '', /^BREACHED_PASSWORDS_URL must be an https? /);
    assert.ok(!faults[0]?.includes('secret'));
  }
});

test('a mistyped mode and a path with a control character are named', () => {
  assert.deepEqual(faultsOf({ ABUSE_CHALLENGE: 'on' }), [
    'ABUSE_CHALLENGE must be one of off, auto, always',
  ]);
  assert.deepEqual(faultsOf({ BREACHED_PASSWORDS_FILE: 'a\nb' }), [
    'BREACHED_PASSWORDS_FILE must be a path',
  ]);
});
