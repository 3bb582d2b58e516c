import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createKeyRing, equalSecrets, hmacSha256, sha256 } from './secret-keys.ts';

const secret = 'a secret of one service, and of no other';

test('a secret derives the same keys in every release', () => {
  const { kid, ...keys } = createKeyRing(secret).current;
  assert.equal(kid, 'KTapOp_GmeQh');
  assert.deepEqual(
    Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key.toString('hex')])),
    {
      jwt: '27d55092ff92c32ae3723621fc276aee8ea01477ad9da7c8e00529b73e1b43f4',
      refreshTag: '532ebdb21a863bfc841fc7c3a05e11e16ec0f07ca07e523b2927a18e243eb2e8',
      refreshSuccessor: '474578d95485f266917553257946b52f749323f7875f50b45054d0c4d8ff89b2',
      refreshClient: '81880df45fd3e797c47d37faee8e3bf7285a17b93940b552372ee81a8e16ddc3',
      link: 'd77aaadf7279bf445052b942126340ffc8baf9451ed29072e6bc8e36e7a79c62',
      throttle: '1dc3a919867a372d62a0dd0445c1e69304f7512fc1bbc8f49e61f5e8a4627aca',
      auditSeal: '393c709fb06ceb1d36c8c8410797f2062308fbdeca284d4849ee76345aa12d47',
      auditChain: 'b894f9e5c06886c45c3162a7210c8d204c532eb753b0a55a5f2fe836e69b53a8',
      auditCheckpoint: 'a31ac904618898bdb9c1a0cf053136ebcc0b0afc6e25076c8c627ec4e720f00d',
      idempotency: 'bfb8e6e2af240713e2d99771774474ecf86245c6ccb9265aa5c2f84c82eb3e83',
      signingKey: '24fa646e4e39daea2d7e0d811ca7ac06a2f277f0089d1958de3e58e917f1cd29',
      factor: '125ccb45d389936835bccac378e0b976f8b1b5277a9065c0ca8d31098f89a5a3',
      providerAttempt: 'f34bd492c121f95a8bf1c6535ed66b84e69dd1222d2a4dcd135f4f08e2e090b1',
      providerExchange: '15dbb8c4c9efdf06797b5660fdcac2e5d5dcd91882e9af9258b5ad712c2854e6',
      puzzle: 'ca1f1c6c7280923a257d319c950021a18961c3eee43fa605fa8e44a1394d177e',
      diagnosis: 'e934be4bcb6a1b811f50117e81e828363b89ea24fe3bbe6c3602bdafde893250',
    },
  );
});

test('each key has 32 bytes and differs from every other key of any secret', () => {
  const all = ['one', 'two'].flatMap((each) => {
    const { kid: _, ...keys } = createKeyRing(each).current;
    return Object.values(keys);
  });
  for (const key of all) assert.equal(key.length, 32);
  assert.equal(new Set(all.map((key) => key.toString('hex'))).size, all.length);
});

test('the keys of the previous secret are found, and never used as current', () => {
  const [before, after] = [createKeyRing(secret), createKeyRing('the next', secret)];
  assert.deepEqual(after.find(before.current.kid), before.current);
  assert.equal(after.find(after.current.kid), after.current);
  assert.notEqual(after.current.kid, before.current.kid);
  assert.deepEqual([before.all.length, after.all.length], [1, 2]);
  assert.equal(before.find(after.current.kid), null);
  assert.equal(before.find(''), null);
});

test('secrets are equal only if all bytes and the length are equal', () => {
  assert.ok(equalSecrets('one', Buffer.from('one')));
  for (const other of ['onf', 'on', 'onee', '', 'One'])
    assert.ok(!equalSecrets('one', other), other);
});

test('the digests are standard SHA-256 and HMAC-SHA-256', () => {
  const key = Buffer.from('key');
  assert.deepEqual(sha256('text'), createHash('sha256').update('text').digest());
  const expected = createHmac('sha256', key).update('two parts').digest();
  assert.deepEqual(hmacSha256(key, 'two ', Buffer.from('parts')), expected);
});
