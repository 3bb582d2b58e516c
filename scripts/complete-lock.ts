/**
 * `npm install` leaves out of the lock file every optional package that its registry does not have,
 * as happens with the builds for other platforms, and `npm ci` then refuses that very file. This
 * adds the missing entries, so that the lock installs from any registry, and takes out where
 * packages came from.
 *
 *     node scripts/complete-lock.ts            writes the lock files
 *     node scripts/complete-lock.ts --check    fails when that would change one
 */
import { readFileSync, writeFileSync } from 'node:fs';

export type LockedPackage = {
  version?: string;
  resolved?: string;
  link?: boolean;
  cpu?: string[];
  dev?: boolean;
  libc?: string[];
  optional?: boolean;
  os?: string[];
  optionalDependencies?: Record<string, string>;
};
export type Lock = { packages: Record<string, LockedPackage> };

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];

/**
 * The completed copy of a lock; the same input always gives the same output, and its output itself.
 */
export function completeLock(lock: Lock): Lock {
  const packages = Object.fromEntries(
    Object.entries(lock.packages).map(([path, entry]) => [path, withoutOrigin(entry)]),
  );
  for (const [path, dependent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(dependent.optionalDependencies ?? {})) {
      const found = lookupPaths(path, name).find((place) => place in packages);
      if (found !== undefined && (packages[found]?.version === version || !isExact(version)))
        continue;
      const place = found === undefined ? `node_modules/${name}` : `${path}/node_modules/${name}`;
      packages[place] = missingEntry(name, version, dependent.dev === true);
    }
  }
  // npm writes its entries in this order, so that a later `npm install` moves nothing.
  const inOrder = Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(inOrder) };
}

/** Of a package of this repository it is the folder; anywhere else it names the host of a registry. */
function withoutOrigin(entry: LockedPackage): LockedPackage {
  if (entry.link === true || entry.resolved?.startsWith('file:')) return entry;
  const { resolved: _, ...rest } = entry;
  return rest;
}

/** Where Node looks for `name` from the package at `path`: inside it first, then outwards. */
function lookupPaths(path: string, name: string): string[] {
  const parents = path.split(/\/?node_modules\//).slice(1);
  const depths = Array.from({ length: parents.length + 1 }, (_, depth) => parents.length - depth);
  return depths.map((depth) =>
    ['', ...parents.slice(0, depth), name].join('/node_modules/').slice(1),
  );
}

function missingEntry(name: string, version: string, dev: boolean): LockedPackage {
  if (!isExact(version)) {
    throw new Error(`${name}@${version} is missing in the lock and its version is a range: pin it`);
  }
  return { version, ...platformOf(name, dev) };
}

function isExact(version: string): boolean {
  return /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version);
}

/**
 * Reads `…-linux-arm64-musl` as npm's words for the platform. Without them npm would install it
 * everywhere.
 */
function platformOf(name: string, dev: boolean): LockedPackage {
  const words = name.split(/[/-]/);
  const at = words.findLastIndex((word) => systems.includes(word));
  const [os, cpu, build] = words.slice(at);
  if (at < 0 || os === undefined || cpu === undefined) {
    throw new Error(`${name} is missing in the lock and its name does not tell its platform`);
  }
  const libc = build === 'gnu' ? ['glibc'] : build === 'musl' ? ['musl'] : undefined;
  return {
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(libc ? { libc } : {}),
    optional: true,
    os: [os],
  };
}

const lockFiles = [
  'package-lock.json',
  'openapi-rules/package-lock.json',
  'scripts/mutation/package-lock.json',
  'kubernetes-rules/package-lock.json',
  'bucket-server/package-lock.json',
  'page-rules/package-lock.json',
  'lighthouse/package-lock.json',
  'examples/react/package-lock.json',
  'examples/next/package-lock.json',
];

if (import.meta.main) {
  for (const path of lockFiles) {
    const file = new URL(`../${path}`, import.meta.url);
    const before = readFileSync(file, 'utf8');
    const after = `${JSON.stringify(completeLock(JSON.parse(before) as Lock), null, 2)}\n`;
    if (process.argv.includes('--check') && after !== before) {
      console.error(
        `${path} is not complete, npm ci will refuse it. Run: node scripts/complete-lock.ts`,
      );
      process.exitCode = 1;
    } else if (after !== before) {
      writeFileSync(file, after);
      console.log(`${path} completed`);
    }
  }
}
