import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAudit } from './dependencies/advisories.ts';
import { isAllowed } from './dependencies/licence-expression.ts';
import { checkLicences, type LicensedPackage, type ReadManifest } from './dependencies/licences.ts';

const allowed = new Set(['MIT', 'ISC', 'Apache-2.0']);

test('an expression is allowed where it leaves a choice that is', () => {
  const good = ['MIT', '(MIT)', 'GPL-3.0-only OR MIT', '(MPL-2.0 OR Apache-2.0)', 'MIT AND ISC'];
  const nested = ['MIT AND (GPL-2.0-only OR ISC)', '((MIT))', 'GPL-3.0-only AND ISC OR MIT'];
  for (const expression of [...good, ...nested])
    assert.equal(isAllowed(expression, allowed), true, expression);
});

test('no expression is allowed that leaves none, is none, or that a person has to look at', () => {
  const bad = ['GPL-3.0-only', 'MIT AND GPL-3.0-only', 'GPL-3.0-only OR LGPL-3.0-only', 'mit'];
  const none = [
    '',
    '(',
    ')',
    '()',
    'MIT)',
    '(MIT',
    'MIT ISC',
    'MIT OR',
    'OR MIT',
    'AND',
    'MIT OR OR ISC',
    'MIT/ISC',
  ];
  const odd = ['MIT+', 'GPL-2.0-only WITH Classpath-exception-2.0', 'MIT WITH something', 'UNLICENSED'];
  const longer = ['SEE LICENSE IN LICENSE', 'MIT OR (ISC', 'GPL-3.0-only AND (MIT OR ISC)'];
  for (const expression of [...bad, ...none, ...odd, ...longer])
    assert.equal(isAllowed(expression, allowed), false, expression);
});

function faultsOf(
  packages: Record<string, LicensedPackage>,
  manifests: Record<string, ReturnType<ReadManifest>> = {},
  exceptions = {},
): string[] {
  const read: ReadManifest = (path) => manifests[path] ?? null;
  return checkLicences({ '': {}, ...packages }, read, { allowed, exceptions }).faults;
}

const a = 'node_modules/a';
const package1 = { version: '1.0.0' };

test('the package itself says its licence; the lock is believed where it is not installed, and must not say another', () => {
  assert.deepEqual(faultsOf({ [a]: { ...package1, license: 'MIT' } }), []);
  assert.deepEqual(faultsOf({ [a]: { ...package1, license: 'MIT' } }, { [a]: { license: 'MIT' } }), []);
  const other = faultsOf({ [a]: { ...package1, license: 'MIT' } }, { [a]: { license: 'ISC' } });
  assert.deepEqual(other, ['a: the lock says MIT, the package itself ISC']);
  const silent = faultsOf({ [a]: { ...package1, license: 'MIT' } }, { [a]: {} });
  assert.ok(silent.includes('a: the lock says MIT, the package itself nothing'));
});

test('a licence that is not allowed, or that is not named, is a fault of its package, wherever it lies', () => {
  assert.deepEqual(faultsOf({ [a]: { ...package1, license: 'GPL-3.0-only' } }), [
    'a@1.0.0 is under GPL-3.0-only',
  ]);
  assert.deepEqual(faultsOf({ [a]: package1 }), ['a@1.0.0 names no licence']);
  assert.deepEqual(faultsOf({ [a]: package1 }, { [a]: {} }), ['a@1.0.0 names no licence']);
  const inner = `${a}/node_modules/@scope/b`;
  const faults = faultsOf({
    [a]: { ...package1, license: 'MIT' },
    [inner]: { version: '2.0.0', license: 'BSD' },
  });
  assert.deepEqual(faults, ['@scope/b@2.0.0 is under BSD']);
});

test('the forms of old manifests are read', () => {
  const read = (manifest: ReturnType<ReadManifest>) => faultsOf({ [a]: package1 }, { [a]: manifest });
  assert.deepEqual(read({ license: { type: 'MIT' } }), []);
  assert.deepEqual(read({ licenses: [{ type: 'GPL-3.0-only' }, { type: 'MIT' }] }), []);
  assert.deepEqual(read({ licenses: [{ type: 'GPL-3.0-only' }] }), ['a@1.0.0 is under GPL-3.0-only']);
});

test('a binary for another machine goes by the package whose part it is, and by no other', () => {
  const owner = { ...package1, license: 'MIT', optionalDependencies: { 'a-linux': '1.0.0' } };
  assert.deepEqual(faultsOf({ [a]: owner, 'node_modules/a-linux': package1 }), []);
  const older = { [a]: owner, 'node_modules/a-linux': { version: '0.9.0' } };
  assert.deepEqual(faultsOf(older), ['a-linux@0.9.0 names no licence']);
  const bad = { [a]: { ...owner, license: 'GPL-3.0-only' }, 'node_modules/a-linux': package1 };
  assert.equal(faultsOf(bad).length, 2);
});

test('an exception is for one package at one version with one word; it goes when it is needed no more', () => {
  const exceptions = { a: { version: '1.0.0', declared: 'BSD', reason: 'its LICENSE file' } };
  const withLicence = (license: string, version = '1.0.0') =>
    faultsOf({ [a]: { version, license } }, {}, exceptions);
  assert.deepEqual(withLicence('BSD'), []);
  for (const faults of [withLicence('BSD', '1.0.1'), withLicence('GPL-3.0-only'), withLicence('MIT')])
    assert.ok(
      faults.some((fault) => /the exception for a/.test(fault)),
      faults.join(),
    );
});

test('only a whole report is an answer about advisories; silence, an error and an empty tree are none', () => {
  const metadata = { dependencies: { total: 300 } };
  const report = (vulnerabilities: object) =>
    readAudit(JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata }));
  assert.deepEqual(report({}), { verdict: 'none' });
  const known = { a: { name: 'a', severity: 'high', range: '<1.0.1' } };
  assert.deepEqual(report(known), { verdict: 'found', packages: ['a <1.0.1: high'] });
  for (const output of [
    '',
    'npm error',
    'null',
    '[]',
    '{}',
    '{"message":"405 Method Not Allowed","statusCode":405}',
    '{"error":{"code":"ENOTFOUND"}}',
    '{"auditReportVersion":2}',
    '{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"dependencies":{"total":0}}}',
  ]) {
    assert.equal(readAudit(output).verdict, 'unasked', output);
  }
});
