import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firebaseVector, foreignVectors } from '../../../test/foreign-vectors.ts';
import { type ForeignHash, readForeignHash } from './foreign-hashes.ts';
import {
  isVerifiable,
  needsRehash,
  type StoredPassword,
  verifyPasswordSync,
} from './password-schemes.ts';

function read(
  given: ForeignHash,
  firebase: Parameters<typeof readForeignHash>[1] = null,
): StoredPassword {
  const stored = readForeignHash(given, firebase);
  assert.ok('scheme' in stored, JSON.stringify(stored));
  return stored;
}

for (const [what, hash, password] of foreignVectors) {
  test(`${what}: only the right password matches`, () => {
    const stored = read({ hash });
    assert.ok(isVerifiable(stored));
    assert.equal(verifyPasswordSync(password, stored), true);
    // Before its 72nd byte.
    for (const wrong of [`x${password}`, password.toUpperCase() + password.slice(0, 3), '']) {
      if (wrong !== password)
        assert.equal(verifyPasswordSync(wrong.replace(/^A/, 'B'), stored), false, wrong);
    }
  });
}

test("Firebase's scrypt with its project's parameters: only the right password matches", () => {
  const { project, hash, salt, password } = firebaseVector;
  const stored = read({ hash, salt }, project);
  assert.equal(verifyPasswordSync(password, stored), true);
  assert.equal(verifyPasswordSync(`${password}2`, stored), false);
  const other = read({ hash, salt }, { ...project, signerKey: Buffer.alloc(64, 1) });
  assert.equal(verifyPasswordSync(password, other), false);
});

test('every foreign hash is renewed at the next sign-in, whatever the target', () => {
  for (const [, hash] of foreignVectors.filter(([what]) => !what.includes('argon2id'))) {
    for (const algorithm of ['bcrypt', 'argon2id'] as const) {
      assert.equal(needsRehash(read({ hash }), { algorithm, bcryptRounds: 5 }), true, hash);
    }
  }
});

const digest = 'c2l4dGVlbiBieXRlcyBhbmQgbW9yZSBvZiB0aGVtIQ';
const tooDear = /too much time or memory/;
const malformed = /malformed|no known form/;

for (const [what, hash, reason] of [
  ['bcrypt of cost 16', `$2b$16$${'a'.repeat(53)}`, tooDear],
  ['bcrypt cut short', `$2b$12$${'a'.repeat(52)}`, malformed],
  ['the broken $2x$', `$2x$05$${'a'.repeat(53)}`, /hashed wrongly/],
  ['argon2d', `$argon2d$v=19$m=512,t=2,p=1$c2FsdHNhbHQ$${digest}`, /no argon2i or argon2id/],
  ['argon2 of version 1.0', `$argon2id$v=16$m=512,t=2,p=1$c2FsdHNhbHQ$${digest}`, /version 1.3/],
  ['argon2i of a gibibyte', `$argon2i$v=19$m=1048576,t=1,p=1$c2FsdHNhbHRzYWx0$${digest}`, tooDear],
  [
    'argon2i of a thousand passes',
    `$argon2i$v=19$m=65536,t=999,p=1$c2FsdHNhbHRzYWx0$${digest}`,
    tooDear,
  ],
  [
    'argon2i with less memory than it allows',
    `$argon2i$v=19$m=8,t=1,p=9$c2FsdHNhbHRzYWx0$${digest}`,
    malformed,
  ],
  ['scrypt of 16 GiB', `$scrypt$ln=24,r=8,p=1$c2FsdA$${digest}`, tooDear],
  ['scrypt of many lanes', `$scrypt$ln=10,r=8,p=100000$c2FsdA$${digest}`, tooDear],
  ['scrypt whose N is no power of two', `scrypt:1000:8:1$salt$${'ab'.repeat(32)}`, malformed],
  ['scrypt whose N is too large for r', `$scrypt$ln=17,r=1,p=1$c2FsdA$${digest}`, malformed],
  ['PBKDF2 of a hundred million rounds', `pbkdf2_sha256$100000000$salt$${digest}`, tooDear],
  ['PBKDF2 of 20 digits of rounds', `pbkdf2_sha256$${'9'.repeat(20)}$salt$${digest}`, malformed],
  ['PBKDF2 without rounds', `pbkdf2_sha256$0$salt$${digest}`, malformed],
  ['a digest of a few bytes', 'pbkdf2_sha256$1000$salt$AAAA', malformed],
  ['a digest of many blocks', `$pbkdf2-sha256$1000$c2FsdA$${'A'.repeat(300)}`, malformed],
  ['MD5', '5f4dcc3b5aa765d61d8327deb882cf99', malformed],
  ['a password in clear', 'violet harbour anvil 93', malformed],
  ['text of Base64 with other characters', `$scrypt$ln=10,r=8,p=1$c2Fs-A$${digest}`, malformed],
] as const) {
  test(`${what} is refused, with the reason`, () => {
    const fault = readForeignHash({ hash }, null);
    assert.ok('fault' in fault, JSON.stringify(fault));
    assert.match(fault.fault, reason);
  });
}

test("a salt without a project's parameters, or a hash of another length, is refused", () => {
  const { project, hash, salt } = firebaseVector;
  assert.match(JSON.stringify(readForeignHash({ hash, salt }, null)), /--firebase/);
  assert.ok('fault' in readForeignHash({ hash: hash.slice(0, 40), salt }, project));
  assert.ok('fault' in readForeignHash({ hash, salt }, { ...project, memoryCost: 24 }));
});

test('no form of a hash takes long to refuse', () => {
  const startedAt = performance.now();
  for (const piece of ['$', '1', 'a', '=', ',', '.', ':', '$2', 'pbkdf2_sha256$']) {
    for (const head of ['', 'pbkdf2:sha256:', '$scrypt$ln=', 'scrypt$', '$pbkdf2-sha256$']) {
      assert.ok('fault' in readForeignHash({ hash: head + piece.repeat(50_000) }, null));
    }
  }
  assert.ok(performance.now() - startedAt < 2000);
});
