import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSync, hashSync } from '@node-rs/bcrypt';
import { cpuMilliseconds } from '../../../test/cpu-time.ts';
import {
  hashPasswordSync,
  isVerifiable,
  needsRehash,
  type ReadPassword,
  verifyPasswordSync,
} from './password-schemes.ts';

const bcrypt = { algorithm: 'bcrypt', bcryptRounds: 4 } as const;
const argon2id = { algorithm: 'argon2id', bcryptRounds: 4 } as const;

test('any bcrypt tool verifies a hash of up to 72 bytes', () => {
  for (const password of ['a', 'A'.repeat(72), '😀'.repeat(18)]) {
    const stored = hashPasswordSync(password, bcrypt);
    assert.match(stored.hash, /^\$2b\$04\$/);
    assert.deepEqual([stored.scheme, stored.key], ['bcrypt', null]);
    assert.ok(compareSync(password, stored.hash));
    assert.ok(verifyPasswordSync(password, stored));
    assert.ok(!verifyPasswordSync(`${password.slice(1)}b`, stored));
  }
});

test('no byte of a password is ignored, whatever its length and scheme', () => {
  const beginnings = [
    'A'.repeat(72),
    '😀'.repeat(18),
    'A'.repeat(71),
    'A'.repeat(254),
    'A'.repeat(255),
  ];
  beginnings.push('A'.repeat(299), 'A'.repeat(511), '😀'.repeat(127));
  for (const beginning of beginnings) {
    const stored = hashPasswordSync(`${beginning}x`, bcrypt);
    assert.ok(verifyPasswordSync(`${beginning}x`, stored));
    for (const other of [`${beginning}y`, beginning, `${beginning}xx`]) {
      assert.ok(!verifyPasswordSync(other, stored), `${Buffer.byteLength(other)} bytes`);
    }
  }
  const stored = hashPasswordSync(`${'A'.repeat(300)}x`, argon2id);
  assert.ok(verifyPasswordSync(`${'A'.repeat(300)}x`, stored));
  assert.ok(!verifyPasswordSync(`${'A'.repeat(300)}y`, stored));
});

test('beyond 72 bytes each row has its own key, and nothing verifies without it', () => {
  const password = 'A'.repeat(73);
  const [first, second] = [hashPasswordSync(password, bcrypt), hashPasswordSync(password, bcrypt)];
  assert.equal(first.scheme, 'bcrypt-hmac-sha384');
  assert.equal(first.key?.length, 16);
  assert.notDeepEqual(first.key, second.key);
  assert.ok(!verifyPasswordSync(password, { ...first, key: second.key }));
  assert.ok(!verifyPasswordSync(password, { ...first, key: null }));
  assert.ok(!compareSync(password, first.hash));
});

test('a plain bcrypt row never verifies a password over 72 bytes, despite truncation', () => {
  const hash = hashSync('A'.repeat(80), { cost: 4 });
  assert.ok(compareSync(`${'A'.repeat(72)}anything`, hash));
  assert.ok(!verifyPasswordSync('A'.repeat(80), { scheme: 'bcrypt', hash, key: null }));
});

test('refusing a password too long for plain bcrypt costs as much as a hash', () => {
  const stored = hashPasswordSync('A'.repeat(72), { ...bcrypt, bcryptRounds: 8 });
  const milliseconds = (password: string): number => {
    const startedAt = cpuMilliseconds();
    verifyPasswordSync(password, stored);
    return cpuMilliseconds() - startedAt;
  };
  // Without hashing it would take about a thousandth of the time.
  assert.ok(milliseconds('A'.repeat(73)) > milliseconds('A'.repeat(72)) / 20);
});

test('rows written by earlier releases still verify after an upgrade', () => {
  const password = `${'A'.repeat(80)} violet harbour`;
  const key = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const hash = '$2b$04$7T9IY2c7mkhdikcwEVXeN.nyQSYmrtOpmIJab83XA//8ATP6mdEDW';
  assert.ok(verifyPasswordSync(password, { scheme: 'bcrypt-hmac-sha384', hash, key }));
  assert.ok(!verifyPasswordSync(`${password}s`, { scheme: 'bcrypt-hmac-sha384', hash, key }));
});

test('a NUL inside a password does not truncate it', () => {
  for (const target of [bcrypt, argon2id]) {
    const stored = hashPasswordSync('ab\0c', target);
    assert.ok(verifyPasswordSync('ab\0c', stored));
    for (const other of ['ab', 'ab\0', 'ab\0d']) assert.ok(!verifyPasswordSync(other, stored));
  }
});

test('rows made by other software verify and need a rehash', () => {
  const rows: [string, string][] = [
    ['rasmuslerdorf', '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq'],
    ['a', '$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
    ['legacy', hashSync('legacy', { cost: 5, version: '2b' })],
    ['legacy', hashSync('legacy', { cost: 4, version: '2a' })],
  ];
  for (const [password, hash] of rows) {
    const stored = { scheme: 'bcrypt', hash, key: null } as const;
    assert.ok(verifyPasswordSync(password, stored), hash);
    assert.ok(!verifyPasswordSync(`${password}x`, stored), hash);
    assert.ok(needsRehash(stored, bcrypt), hash);
  }
});

test("argon2's own test vector verifies; its cheaper parameters need a rehash", () => {
  const hash =
    '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
  const stored = { scheme: 'argon2id', hash, key: null } as const;
  assert.ok(verifyPasswordSync('password', stored));
  assert.ok(!verifyPasswordSync('passwore', stored));
  assert.ok(needsRehash(stored, argon2id));
});

test('a row needs a rehash after a change of scheme or cost, and only then', () => {
  const targets = [bcrypt, { ...bcrypt, bcryptRounds: 5 }, argon2id];
  for (const target of targets) {
    for (const password of ['short', 'A'.repeat(100)]) {
      const stored = hashPasswordSync(password, target);
      for (const next of targets) assert.equal(needsRehash(stored, next), next !== target);
    }
  }
});

test('argon2id rows have the parameters recommended by OWASP', () => {
  const { hash, scheme, key } = hashPasswordSync('x', argon2id);
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.deepEqual([scheme, key], ['argon2id', null]);
});

test('a row up to the maximum cost is accepted', () => {
  const tail = '$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
  for (const costs of ['m=262144,t=1,p=1', 'm=8,t=10,p=1', 'm=72,t=9,p=9']) {
    assert.ok(
      isVerifiable({ scheme: 'argon2id', hash: `$argon2id$v=19$${costs}${tail}`, key: null }),
      costs,
    );
  }
  for (const costs of ['$2b$15', '$2a$04', '$2y$10']) {
    const hash = `${costs}$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe`;
    assert.ok(isVerifiable({ scheme: 'bcrypt', hash, key: null }), costs);
  }
});

test('a broken row, or one that costs gigabytes or hours, is refused without hashing', () => {
  const tail = '$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
  const bcryptTail = '$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe';
  const rows: [ReadPassword['scheme'], string][] = [
    ...[
      'm=4194304,t=1,p=1',
      'm=262145,t=1,p=1',
      'm=256,t=11,p=1',
      'm=256,t=0,p=1',
      'm=256,t=2,p=0',
    ].map((costs): [ReadPassword['scheme'], string] => [
      'argon2id',
      `$argon2id$v=19$${costs}${tail}`,
    ]),
    ['argon2id', `$argon2id$v=19$m=8,t=2,p=2${tail}`],
    ['argon2id', `$argon2id$v=19$m=0256,t=2,p=1${tail}`],
    ['argon2id', `$argon2i$v=19$m=256,t=2,p=1${tail}`],
    ['argon2id', `$argon2id$v=16$m=256,t=2,p=1${tail}`],
    ['argon2id', `$argon2id$v=19$m=256,t=2,p=1${tail}\n`],
    ['argon2id', ` $argon2id$v=19$m=256,t=2,p=1${tail}`],
    ['argon2id', `$argon2id$v=19$m=256,t=2x,p=1${tail}`],
    ['argon2id', `$argon2id$v=19$m=256,t=2,p=1${tail.replace('/', '_')}`],
    ['argon2id', `$2b$04${bcryptTail}`],
    ...['$2b$31', '$2b$16', '$2b$03', '$2b$4', '$2b$+4', '$2x$04', '$2$04'].map(
      (costs): [ReadPassword['scheme'], string] => ['bcrypt', costs + bcryptTail],
    ),
    ['bcrypt', ` $2b$04${bcryptTail}`],
    ['bcrypt', `$2b$04${bcryptTail}x`],
    ['bcrypt', ''],
    ['bcrypt', 'plain text'],
    ['bcrypt-hmac-sha384', `$2b$04${bcryptTail}`],
  ];
  const startedAt = cpuMilliseconds();
  for (const [scheme, hash] of rows) {
    assert.ok(!isVerifiable({ scheme, hash, key: null }), hash);
    assert.ok(!verifyPasswordSync('password', { scheme, hash, key: null }), hash);
  }
  assert.ok(cpuMilliseconds() - startedAt < 100);
});
