import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, parseConfig } from '../../src/configuration/config.ts';

const weak: [what: string, value: string][] = [
  ['a word', 'secret'],
  ['31 random characters', randomBytes(24).toString('base64url').slice(0, 31)],
  ['CHANGE_ME', 'CHANGE_ME'],
  ['CHANGE_ME, long enough', 'CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME'],
  ['changeme and digits', 'changeme-0123456789-abcdef-987654'],
  ['Change Me! with mixed letters', 'C-h-a-n-g-e M-e! 8f3kq0z7xw1vb5np2'],
  ['a placeholder', 'your-secret-key-here-please-replace-it'],
  ['a placeholder from a tutorial', 'change-this-to-a-random-string-in-production'],
  [
    "the FastAPI tutorial's key",
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  ],
  ["jwt.io's", 'a-string-secret-at-least-256-bits-long'],
  ['the old jwt.io secret, twice', 'your-256-bit-secret-your-256-bit-secret'],
  ["Django's insecure prefix", 'django-insecure-8f3kq0z7xw1vb5np2mj6'],
  ['one character repeated', 'a'.repeat(64)],
  ['blanks', ' '.repeat(64)],
  ['two characters repeated', 'ab'.repeat(32)],
  ['a repeated pattern', 'k3Fz9QpL'.repeat(8)],
  ['a repeated pattern, cut off', `${'k3Fz9QpLx7'.repeat(3)}k3F`],
  ['the digits', '12345678901234567890123456789012'],
  ['the alphabet', 'abcdefghijklmnopqrstuvwxyz012345'],
  ['hexadecimal digits', '0123456789abcdef0123456789ABCDEF'],
  ['keyboard rows', 'qwertyuiopasdfghjklzxcvbnm123456'],
  ['a password', 'correct-Password-horse-battery-staple'],
  ['an example', 'example-8f3kq0z7xw1vb5np2mj6t4hy9r'],
];

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig({
      ENVIRONMENT: 'production',
      DATABASE_URL: 'embedded',
      PUBLIC_URL: 'https://a.example',
      ...environment,
    });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

test('E18 a short, well-known or non-random secret is refused and not shown', () => {
  const good = randomBytes(48).toString('base64');
  for (const [what, value] of weak) {
    for (const name of ['SECRET_KEY', 'SECRET_KEY_PREVIOUS']) {
      const faults = faultsOf({ SECRET_KEY: good, [name]: value });
      assert.ok(faults.length > 0, `${name}: ${what}`);
      for (const fault of faults) {
        assert.match(fault, /^\w+ (must be at least 32 bytes|is a well-known or guessable value)/);
        assert.ok(fault.startsWith(`${name} `) && !fault.includes(value), fault);
      }
    }
  }
});

test('E18 weak secrets are refused outside production too, where none is fine', () => {
  for (const [what, value] of weak) {
    assert.throws(() => parseConfig({ SECRET_KEY: value }), ConfigError, what);
  }
  assert.equal(parseConfig({}).secretKey, undefined);
  assert.match(faultsOf({}).join(), /^SECRET_KEY is required in production/);
  assert.match(faultsOf({ SECRET_KEY: '' }).join(), /^SECRET_KEY is required in production/);
});

test('E18 no random secret is taken for a weak one', () => {
  for (let count = 0; count < 300; count += 1) {
    // Deterministic pseudo-random values, the same in every run.
    const bytes = createHash('shake256', { outputLength: 48 }).update(String(count)).digest();
    for (const value of [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ]) {
      assert.deepEqual(faultsOf({ SECRET_KEY: value }), [], value);
    }
  }
});

test('E18 the example file holds no secret that the service would accept', () => {
  const example = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8');
  const lines = [
    ...example.matchAll(/^#?(SECRET_KEY|SECRET_KEY_PREVIOUS|ADMIN_SETUP_TOKEN)=(.*)$/gm),
  ];
  assert.equal(lines.length, 3);
  for (const [, name = '', value = ''] of lines) {
    if (value !== '') assert.notDeepEqual(faultsOf({ [name]: value }), [], name);
  }
  assert.match(faultsOf({ SECRET_KEY: lines[0]?.[2] ?? '' }).join(), /^SECRET_KEY /);
});
