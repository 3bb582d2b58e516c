/**
 * What the project takes from others: under which licences, and whether anything bad is known about it.
 *
 *     node scripts/check-dependencies.ts               both; exit 1 for a fault, 2 where advisories could not be asked
 *     node scripts/check-dependencies.ts --licences    the licences alone, without the network
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askAdvisories } from './dependencies/advisories.ts';
import {
  checkLicences,
  type LicenceRules,
  type LicensedPackage,
  manifestsIn,
} from './dependencies/licences.ts';

const root = join(import.meta.dirname, '..');

/** Permissive ones, by their SPDX ids: what is given may be used, changed and shipped with a notice. */
const rules: LicenceRules = {
  allowed: new Set([
    '0BSD',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'CC0-1.0',
    'ISC',
    'MIT',
    'MIT-0',
    'Python-2.0',
  ]),
  exceptions: {},
};

function reportLicences(): boolean {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LicensedPackage>;
  };
  const { faults, counts, byOwner } = checkLicences(lock.packages, manifestsIn(root), rules);
  for (const fault of faults) console.error(`licences: failed - ${fault}`);
  const found = [...counts].toSorted(([, one], [, other]) => other - one);
  const words = found.map(([licence, count]) => `${licence} ${count}`).join(', ');
  if (faults.length === 0)
    console.log(`licences: ok (${words}; ${byOwner} for other machines by the package that they belong to)`);
  return faults.length === 0;
}

const licensed = reportLicences();
if (!licensed) process.exitCode = 1;
if (!process.argv.includes('--licences')) {
  const advisories = await askAdvisories(root);
  if (advisories.verdict === 'none') console.log('advisories: none known');
  if (advisories.verdict === 'found') {
    for (const known of advisories.packages) console.error(`advisories: failed - ${known}`);
    process.exitCode = 1;
  }
  if (advisories.verdict === 'unasked') {
    console.error(`advisories: NOT ASKED - ${advisories.reason}. Nothing is known about any package`);
    process.exitCode ??= 2;
  }
}
