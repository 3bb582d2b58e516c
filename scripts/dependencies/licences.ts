import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockedPackage } from '../complete-lock.ts';
import { isAllowed } from './licence-expression.ts';

export type LicensedPackage = LockedPackage & { license?: string };

/** What package.json says of itself where the package is installed; null where it is not. */
export type ReadManifest = (path: string) => { license?: unknown; licenses?: unknown } | null;

/** One package at one version, whose own words do not tell its licence, and the reason why it is used all the same. */
type LicenceException = { version: string; declared: string | null; reason: string };

export type LicenceRules = {
  allowed: ReadonlySet<string>;
  exceptions: Readonly<Record<string, LicenceException>>;
};

export type LicenceReport = {
  faults: string[];
  /** Packages by their licence. */
  counts: ReadonlyMap<string, number>;
  /** Of these: binaries for other machines, which are not installed and go by the package that they belong to. */
  byOwner: number;
};

export function checkLicences(
  packages: Readonly<Record<string, LicensedPackage>>,
  readManifest: ReadManifest,
  { allowed, exceptions }: LicenceRules,
): LicenceReport {
  const faults: string[] = [];
  const counts = new Map<string, number>();
  const usedExceptions = new Set<string>();
  let byOwner = 0;

  const declared = (path: string, { license, version }: LicensedPackage): string | undefined => {
    const manifest = readManifest(path);
    const installed = manifest === null ? license : textOf(manifest);
    if (license !== undefined && installed !== license)
      faults.push(`${nameOf(path)}: the lock says ${license}, the package itself ${installed ?? 'nothing'}`);
    if (installed !== undefined) return installed;
    const owner = ownerOf(packages, path, version);
    if (owner === null) return undefined;
    byOwner += 1;
    return declared(...owner);
  };

  for (const [path, entry] of Object.entries(packages)) {
    if (path === '' || entry.link) continue;
    const name = nameOf(path);
    const licence = declared(path, entry);
    const exception = exceptions[name];
    const isException = exception?.version === entry.version && exception?.declared === (licence ?? null);
    const counted = isException ? 'by exception' : (licence ?? 'none');
    counts.set(counted, (counts.get(counted) ?? 0) + 1);
    if (isException) usedExceptions.add(name);
    else if (licence === undefined) faults.push(`${name}@${entry.version} names no licence`);
    else if (!isAllowed(licence, allowed)) faults.push(`${name}@${entry.version} is under ${licence}`);
  }
  for (const name of Object.keys(exceptions)) {
    if (!usedExceptions.has(name))
      faults.push(`the exception for ${name} is needed no more, or no longer right`);
  }
  return { faults, counts, byOwner };
}

export function manifestsIn(root: string): ReadManifest {
  return (path) => {
    const file = join(root, path, 'package.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ReturnType<ReadManifest>) : null;
  };
}

/** Old packages write an object, or a list of them; several licences at choice are an expression with OR. */
function textOf({ license, licenses }: NonNullable<ReturnType<ReadManifest>>): string | undefined {
  const given = [license ?? licenses ?? []].flat() as (string | { type?: string })[];
  const names = given
    .map((one) => (typeof one === 'string' ? one : one.type))
    .filter((one) => one !== undefined);
  if (names.length === 0) return undefined;
  return names.length === 1 ? names[0] : `(${names.join(' OR ')})`;
}

/** Who takes this package as an optional one at exactly its own version: it is a part of it, built for one machine. */
function ownerOf(
  packages: Readonly<Record<string, LicensedPackage>>,
  path: string,
  version: string | undefined,
): [string, LicensedPackage] | null {
  const name = nameOf(path);
  const owner = Object.entries(packages).find(
    ([place, entry]) => place !== '' && place !== path && entry.optionalDependencies?.[name] === version,
  );
  return owner ?? null;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
