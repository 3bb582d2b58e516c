import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeLock } from './complete-lock.ts';

const incomplete = {
  packages: {
    '': {},
    'node_modules/linter': {
      version: '1.2.3',
      dev: true,
      resolved: 'https://registry.invalid/linter-1.2.3.tgz',
      optionalDependencies: {
        '@linter/binding-linux-arm64-musl': '1.2.3',
        '@linter/win32-x64': '1.2.3',
      },
    },
    'node_modules/@linter/win32-x64': { version: '1.2.3', optional: true },
  },
};

test('an optional package that the lock lacks gets an entry of its own platform', () => {
  const { packages } = completeLock(incomplete);
  assert.deepEqual(packages['node_modules/@linter/binding-linux-arm64-musl'], {
    version: '1.2.3',
    cpu: ['arm64'],
    dev: true,
    libc: ['musl'],
    optional: true,
    os: ['linux'],
  });
});

test('entries that are there stay, and no host of a registry does', () => {
  const { packages } = completeLock(incomplete);
  assert.deepEqual(packages['node_modules/@linter/win32-x64'], {
    version: '1.2.3',
    optional: true,
  });
  assert.equal(packages['node_modules/linter']?.resolved, undefined);
});

test('a package that is copied from a folder of the repository keeps its folder', () => {
  const resolved = 'file:../../client';
  const packages = { '': {}, 'node_modules/adl-client': { version: '1.0.0', resolved } };
  assert.deepEqual(completeLock({ packages }).packages, packages);
});

test('a completed lock is left unchanged, byte for byte', () => {
  const once = completeLock(incomplete);
  assert.equal(JSON.stringify(completeLock(once)), JSON.stringify(once));
});

test('another version of the package in the lock is no substitute', () => {
  const optionalDependencies = { 'binding-linux-x64': '2.0.0' };
  const { packages } = completeLock({
    packages: {
      'node_modules/a': { version: '2.0.0', optionalDependencies },
      'node_modules/binding-linux-x64': { version: '1.0.0' },
    },
  });
  assert.equal(packages['node_modules/a/node_modules/binding-linux-x64']?.version, '2.0.0');
  assert.equal(packages['node_modules/binding-linux-x64']?.version, '1.0.0');
});

test('a missing package whose platform or version cannot be told is an error, not a guess', () => {
  const lockWith = (name: string, version: string) => ({
    packages: { 'node_modules/a': { optionalDependencies: { [name]: version } } },
  });
  assert.throws(
    () => completeLock(lockWith('native-thing', '1.0.0')),
    /does not tell its platform/,
  );
  assert.throws(() => completeLock(lockWith('thing-linux-x64', '^1.0.0')), /is a range: pin it/);
});
