import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLicenceFaults, type LicensedPackage, type ReadManifest } from './check-licences.ts';

const a = 'node_modules/a';

function faultsOf(
  packages: Record<string, LicensedPackage>,
  manifests: Record<string, ReturnType<ReadManifest>> = {},
): string[] {
  return findLicenceFaults({ '': {}, ...packages }, (path) => manifests[path] ?? null);
}

test('the installed package says its licence, and the lock where it is not installed', () => {
  const locked = { [a]: { version: '1.0.0', license: 'MIT' } };
  assert.deepEqual(faultsOf(locked), []);
  assert.deepEqual(faultsOf(locked, { [a]: { license: 'ISC' } }), []);
  assert.deepEqual(faultsOf(locked, { [a]: { license: 'GPL-3.0-only' } }), [
    'a@1.0.0: "GPL-3.0-only"',
  ]);
  assert.deepEqual(faultsOf(locked, { [a]: {} }), ['a@1.0.0: no licence']);
});

test('a licence that is unknown, missing, combined or of an old form is a fault', () => {
  const inner = `${a}/node_modules/@scope/b`;
  for (const license of ['GPL-3.0-only', 'MIT AND GPL-3.0-only', 'mit', 'MIT+', '', 'UNLICENSED'])
    assert.deepEqual(faultsOf({ [inner]: { version: '2.0.0', license } }), [
      `@scope/b@2.0.0: "${license}"`,
    ]);
  assert.deepEqual(faultsOf({ [a]: { version: '1.0.0' } }), ['a@1.0.0: no licence']);
  const old = { licenses: [{ type: 'GPL-3.0-only' }] };
  assert.equal(faultsOf({ [a]: { version: '1.0.0' } }, { [a]: old }).length, 1);
});

test('a build for another machine goes with the package that takes its exact version', () => {
  const owner = { version: '1.0.0', license: 'MIT', optionalDependencies: { 'a-linux': '1.0.0' } };
  const build = (version: string, license?: string) => ({
    [a]: owner,
    'node_modules/a-linux': { version, ...(license && { license }) },
  });
  assert.deepEqual(faultsOf(build('1.0.0')), []);
  assert.deepEqual(faultsOf(build('0.9.0')), ['a-linux@0.9.0: no licence']);
  assert.deepEqual(faultsOf(build('1.0.0', 'GPL-3.0-only')), ['a-linux@1.0.0: "GPL-3.0-only"']);
  assert.equal(
    faultsOf({ ...build('1.0.0'), [a]: { ...owner, license: 'GPL-3.0-only' } }).length,
    1,
  );
});
