import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '../configuration/config.ts';
import { loadSecretKey } from './secret-key.ts';

function newDataDirectory(t: { after(done: () => void): void }): string {
  const parent = mkdtempSync(join(tmpdir(), 'adl-secret-'));
  t.after(() => rmSync(parent, { recursive: true }));
  return join(parent, 'data');
}

test('a configured key is used unchanged and nothing is written', (t) => {
  const dataDir = newDataDirectory(t);
  assert.equal(loadSecretKey({ secretKey: 'configured', dataDir }), 'configured');
  assert.throws(() => statSync(dataDir), { code: 'ENOENT' });
});

test('without one, a strong random key is generated once and reused', (t) => {
  const dataDir = newDataDirectory(t);
  const made = loadSecretKey({ secretKey: undefined, dataDir });
  assert.equal(Buffer.from(made, 'base64').length, 48);
  assert.equal(parseConfig({ SECRET_KEY: made }).secretKey, made);
  assert.equal(loadSecretKey({ secretKey: undefined, dataDir }), made);
  assert.equal(readFileSync(join(dataDir, 'development-secret'), 'utf8'), made);
  assert.notEqual(loadSecretKey({ secretKey: undefined, dataDir: newDataDirectory(t) }), made);
});

test('only the owner can read the key and its directory', (t) => {
  const dataDir = newDataDirectory(t);
  loadSecretKey({ secretKey: undefined, dataDir });
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
  assert.equal(statSync(join(dataDir, 'development-secret')).mode & 0o777, 0o600);
});

test('an unusable directory fails startup instead of using a temporary key', (t) => {
  const dataDir = newDataDirectory(t);
  writeFileSync(dataDir, 'a file in place of the directory');
  assert.throws(() => loadSecretKey({ secretKey: undefined, dataDir }), { code: 'EEXIST' });
});
