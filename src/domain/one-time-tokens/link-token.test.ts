import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createKeyRing, sha256 } from '../../platform/crypto/secret-keys.ts';
import {
  isTokenOf,
  type LinkBinding,
  linkCode,
  linkIdOf,
  linkToken,
  linkTokenHash,
} from './link-token.ts';

const keys = createKeyRing('a secret of one service, and of no other').current;
const link: LinkBinding = {
  id: Buffer.alloc(16, 'link'),
  purpose: 'password_reset',
  subject_id: '01890a5d-ac96-774b-bcce-b302099a8057',
  email: 'ada@example.com',
  password_version: 3,
};
/** Each differs from it in one bound field. */
const others: readonly LinkBinding[] = [
  { ...link, id: Buffer.alloc(16, 'other') },
  { ...link, purpose: 'email_verification' },
  { ...link, subject_id: link.subject_id.replace('0', '1') },
  { ...link, email: 'ADA@example.com' },
  { ...link, password_version: 4 },
];

test('the same row gives the same token, and the token contains the id of the row', () => {
  const token = linkToken(link, keys);
  assert.equal(linkToken({ ...link }, keys), token);
  assert.match(token, /^[\w-]{64}$/);
  assert.deepEqual(linkIdOf(token), link.id);
  assert.deepEqual(linkTokenHash(token), sha256(token));
  assert.ok(isTokenOf(token, linkTokenHash(token)));
});

test('a different value of any bound field gives a different token', () => {
  const tokens = [link, ...others].map((each) => linkToken(each, keys));
  tokens.push(linkToken(link, createKeyRing('another').current));
  const secrets = tokens.map((token) => token.slice(22));
  assert.equal(new Set(secrets).size, tokens.length);
  for (const other of tokens.slice(1)) assert.ok(!isTokenOf(other, linkTokenHash(tokens[0] ?? '')));
});

test('the same row gives the same code; another value of any bound field gives another', () => {
  const codes = [link, ...others].map((each) => linkCode(each, keys));
  codes.push(linkCode(link, createKeyRing('another').current));
  assert.equal(linkCode({ ...link }, keys), codes[0]);
  assert.equal(new Set(codes).size, codes.length);
});

test('codes have eight digits, also those that begin with a zero', () => {
  const codes = Array.from({ length: 200 }, (_, id) =>
    linkCode({ ...link, id: Buffer.alloc(16, `link ${id}`) }, keys),
  );
  for (const code of codes) assert.match(code, /^\d{8}$/);
  assert.ok(codes.some((code) => code.startsWith('0')));
});

test('a code tells nothing of the token of its link', () => {
  const mac = Buffer.from(linkToken(link, keys), 'base64url').subarray(16);
  const ofToken = String(mac.readUIntBE(0, 6) % 10 ** 8).padStart(8, '0');
  assert.notEqual(linkCode(link, keys), ofToken);
});

test('moving characters between two bound fields gives a different token', () => {
  const [one, other] = [
    linkToken({ ...link, email: 'ada@example.com', password_version: 11 }, keys),
    linkToken({ ...link, email: 'ada@example.com1', password_version: 1 }, keys),
  ];
  assert.notEqual(one, other);
});

test('a token of another length or encoding gives no id', () => {
  const token = linkToken(link, keys);
  const bytes = Buffer.from(token, 'base64url');
  for (const text of [
    '',
    'x',
    token.slice(1),
    `${token}A`,
    `${token}=`,
    ` ${token}`,
    `${token.slice(0, -1)}+`,
    bytes.toString('hex'),
    bytes.subarray(0, 47).toString('base64url'),
    Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url'),
  ]) {
    assert.equal(linkIdOf(text), null, text);
  }
});

test('the bytes of a token and the digits of a code never change, so links and codes in sent mails survive upgrades', () => {
  assert.equal(
    linkToken(link, keys),
    'bGlua2xpbmtsaW5rbGlua4OYeCDO0ycEpciUdqWi5A4A1bGtD4YLU8Yzw2hEDeSo',
  );
  assert.equal(linkCode(link, keys), '70575362');
});

test('G11 tokens are random from the first character to the last', () => {
  const tokens = Array.from({ length: 200 }, () =>
    linkToken({ ...link, id: randomBytes(16) }, keys),
  );
  assert.equal(new Set(tokens).size, 200);
  for (const one of tokens) assert.match(one, /^[\w-]{64}$/);
  for (let position = 0; position < 64; position += 1) {
    const seen = new Set(tokens.map((one) => one[position]));
    assert.ok(seen.size > 30, `character ${position} takes ${seen.size} values`);
  }
  // No correlation in time: neighbours differ in half of their bits, as strangers do, in the id and
  // in the rest.
  const bytes = tokens.map((one) => Buffer.from(one, 'base64url'));
  for (const [start, end] of [
    [0, 16],
    [16, 48],
  ] as const) {
    const distances = bytes.slice(1).map((one, index) => {
      const other = bytes[index] ?? one;
      return Array.from({ length: end - start }, (_, at) =>
        bitsOf((one[start + at] ?? 0) ^ (other[start + at] ?? 0)),
      );
    });
    const total = distances.flat().reduce((sum, bits) => sum + bits, 0);
    const share = total / (distances.length * (end - start) * 8);
    assert.ok(share > 0.48 && share < 0.52, `${share} of the bits differ`);
  }
  // No order: each half is larger than its predecessor about as often as not.
  const rises = tokens.filter((one, index) => index > 0 && one > (tokens[index - 1] ?? '')).length;
  assert.ok(rises > 60 && rises < 140, `${rises} of 199 rise`);
});

function bitsOf(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}
