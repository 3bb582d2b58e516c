import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedEncoding } from './accepted-encoding.ts';

test('the best encoding that the client names, unless it refuses it', () => {
  for (const [header, expected] of [
    [undefined, null],
    ['', null],
    ['identity', null],
    ['*', null],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br; q=0.000 ,gzip;q=0', null],
    ['br;q=0.001', 'br'],
    ['abr, gzipped', null],
  ] as const)
    assert.equal(acceptedEncoding(header), expected, String(header));
  assert.equal(acceptedEncoding('br, gzip', ['gzip']), 'gzip');
});
