import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyRing, hmacSha256 } from '../../platform/crypto/secret-keys.ts';
import {
  decodeRefreshToken,
  encodeRefreshToken,
  firstRefreshToken,
  refreshTokenHash,
  successorOf,
} from './refresh-token.ts';

const keys = createKeyRing('a secret of one service, and of no other');
const otherKeys = createKeyRing('the secret of another');
const sessionId = '01890a5d-ac96-774b-bcce-b302099a8057';

test('encoding and decoding keeps session, generation and secret', () => {
  const first = firstRefreshToken(sessionId);
  assert.deepEqual([first.sessionId, first.generation, first.secret.length], [sessionId, 0, 32]);
  const late = { ...first, generation: 0xfedc_ba98 };
  for (const token of [first, late]) {
    const text = encodeRefreshToken(token, 'user', keys.current);
    assert.match(text, /^r1\.[\w-]{91}$/);
    assert.deepEqual(decodeRefreshToken(text, 'user', keys), token);
  }
});

test('every first token has a different secret', () => {
  const secrets = Array.from({ length: 100 }, () =>
    firstRefreshToken(sessionId).secret.toString('hex'),
  );
  assert.equal(new Set(secrets).size, 100);
});

test('a token with any byte changed is refused', () => {
  const text = encodeRefreshToken(firstRefreshToken(sessionId), 'user', keys.current);
  const bytes = Buffer.from(text.slice(3), 'base64url');
  assert.equal(bytes.length, 68);
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.equal(
      decodeRefreshToken(`r1.${changed.toString('base64url')}`, 'user', keys),
      null,
      `${index}`,
    );
  }
});

test('a token of another length or encoding is refused', () => {
  const text = encodeRefreshToken(firstRefreshToken(sessionId), 'user', keys.current);
  const bytes = Buffer.from(text.slice(3), 'base64url');
  for (const other of [
    '',
    'r1.',
    text.slice(3),
    `r2.${text.slice(3)}`,
    text.toUpperCase(),
    text.slice(0, -1),
    `${text}A`,
    `${text}=`,
    `${text} `,
    `r1.r1.${text.slice(3)}`,
    `r1.${bytes.toString('base64')}=`,
    `r1.${bytes.toString('hex')}`,
    `r1.${bytes.subarray(0, 67).toString('base64url')}`,
    `r1.${Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url')}`,
  ]) {
    assert.equal(decodeRefreshToken(other, 'user', keys), null, other);
  }
});

test('a body of another length is refused even with a genuine tag', () => {
  for (const length of [0, 19, 20, 51, 53, 100]) {
    const body = Buffer.alloc(length, 'body');
    const tag = hmacSha256(keys.current.refreshTag, 'user', body).subarray(0, 16);
    const text = `r1.${Buffer.concat([body, tag]).toString('base64url')}`;
    assert.equal(decodeRefreshToken(text, 'user', keys), null, `${length}`);
  }
});

test('a token is valid for one realm, and with the current or the previous secret', () => {
  const token = firstRefreshToken(sessionId);
  const text = encodeRefreshToken(token, 'user', keys.current);
  assert.equal(decodeRefreshToken(text, 'admin', keys), null);
  assert.equal(decodeRefreshToken(text, 'user', otherKeys), null);
  const renewed = createKeyRing(
    'the secret that came after',
    'a secret of one service, and of no other',
  );
  assert.deepEqual(decodeRefreshToken(text, 'user', renewed), token);
});

test('a token has one successor; any other input gives a different one', () => {
  const token = firstRefreshToken(sessionId);
  const successor = successorOf(token, keys.current);
  assert.deepEqual(successorOf(token, keys.current), successor);
  assert.deepEqual([successor.sessionId, successor.generation], [sessionId, 1]);
  const others = [
    successorOf({ ...token, sessionId: sessionId.replace('0', '1') }, keys.current),
    successorOf({ ...token, generation: 1 }, keys.current),
    successorOf(firstRefreshToken(sessionId), keys.current),
    successorOf(token, otherKeys.current),
    token,
  ];
  for (const other of others) assert.notDeepEqual(other.secret, successor.secret);
});

test('the bytes of token, successor and hash never change, so tokens survive upgrades', () => {
  const token = { sessionId, generation: 7, secret: Buffer.alloc(32, 'secret') };
  const successor = successorOf(token, keys.current);
  assert.equal(
    encodeRefreshToken(token, 'user', keys.current),
    'r1.AYkKXayWd0u8zrMCCZqAVwAAAAdzZWNyZXRzZWNyZXRzZWNyZXRzZWNyZXRzZWNyZXRzZSUrhsBagKJ9NZ67T9X0mAc',
  );
  assert.equal(
    encodeRefreshToken(successor, 'admin', keys.current),
    'r1.AYkKXayWd0u8zrMCCZqAVwAAAAj5Rqxw_nkyRzuBW-6zhaJQJI69Dc8FtscM-RnSUW65oaba5ITmwQpBXkSquKBtFV8',
  );
  assert.equal(
    refreshTokenHash(token).toString('hex'),
    'd4683a22c1ce39824d931eedc68ea8fa5259ceb03528b1a22f7075863ef8baf0',
  );
});
