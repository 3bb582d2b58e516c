/**
 * The licences of all packages that the lock files name; npm audit asks the registry for
 * advisories.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockedPackage } from './complete-lock.ts';

/** Permissive ones, as the packages write them: one that is not here is looked at by a person. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  // Of fonts, which may be passed on with anything but not sold alone.
  'OFL-1.1',
  'Python-2.0',
  '(MIT OR CC0-1.0)',
  '(MIT OR EUPL-1.1+)',
  'MIT OR Apache-2.0',
]);

export type LicensedPackage = LockedPackage & { license?: string };

/** What package.json says of itself where the package is installed; null where it is not. */
export type ReadManifest = (path: string) => { license?: unknown; licenses?: unknown } | null;

/** Every package that is under no allowed licence, or names none. */
export function findLicenceFaults(
  packages: Readonly<Record<string, LicensedPackage>>,
  readManifest: ReadManifest,
): string[] {
  return Object.entries(packages).flatMap(([path, { version, link, license }]) => {
    if (path === '' || link === true) return [];
    const manifest = readManifest(path);
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    // A build for another machine is not installed, and the registry may not have it: it is a part
    // of the package that takes it at exactly its own version.
    const isPart = manifest === null && license === undefined && hasOwner(packages, name, version);
    const named = manifest === null ? license : (manifest.license ?? manifest.licenses);
    return isPart || (typeof named === 'string' && allowed.has(named))
      ? []
      : [`${name}@${version}: ${named === undefined ? 'no licence' : JSON.stringify(named)}`];
  });
}

function hasOwner(
  packages: Readonly<Record<string, LicensedPackage>>,
  name: string,
  version: string | undefined,
): boolean {
  return Object.entries(packages).some(
    ([path, { optionalDependencies }]) => path !== '' && optionalDependencies?.[name] === version,
  );
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LicensedPackage>;
  };
  const faults = findLicenceFaults(packages, (path) => {
    const file = join(root, path, 'package.json');
    return existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as ReturnType<ReadManifest>)
      : null;
  });
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
