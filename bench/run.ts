import { measureAuditChain } from './audit-chain.ts';
import { measureBackups } from './backups.ts';
import { measureBreachedPasswords } from './breached-passwords.ts';
import { measureConsole } from './console.ts';
import { measureDeepPaging } from './deep-paging.ts';
import { printFigure } from './figure.ts';
import { measureFromClone } from './from-clone.ts';
import { measureImports } from './imports.ts';
import { measureLighthouse } from './lighthouse.ts';
import { measureLimits } from './limits.ts';
import { measureLists } from './lists.ts';
import { measureLogins } from './logins.ts';
import { measureMails } from './mails.ts';
import { measureOverload } from './overload.ts';
import { measurePages } from './pages.ts';
import { compareWithFloors } from './ratios/compare.ts';
import { measureReplicas } from './replicas.ts';
import { measureSearches } from './searches.ts';
import { measureSecondFactors } from './second-factors.ts';
import { measureSigningKeys } from './signing-keys.ts';
import { measureStarts } from './starts.ts';
import { measureTraces } from './traces.ts';

/**
 * `npm run bench` compares with the floors; `--quick`, `--only me,refresh`, `--json FILE` and
 * `--compare FILE` go with it. `npm run bench -- logins starts` runs those below, `all` every one.
 */
const benchmarks = {
  starts: measureStarts,
  logins: measureLogins,
  imports: measureImports,
  limits: measureLimits,
  paging: measureDeepPaging,
  searches: measureSearches,
  lists: measureLists,
  console: measureConsole,
  mails: measureMails,
  overload: measureOverload,
  replicas: measureReplicas,
  traces: measureTraces,
  // Its provider warns about the runtime as soon as it is loaded.
  providers: async () => (await import('./providers.ts')).measureProviders(),
  'second-factors': measureSecondFactors,
  'signing-keys': measureSigningKeys,
  'breached-passwords': measureBreachedPasswords,
  'audit-chain': measureAuditChain,
  backups: measureBackups,
  pages: measurePages,
  lighthouse: measureLighthouse,
  clone: measureFromClone,
};

const wanted = process.argv.slice(2);
if (wanted.length === 0 || wanted[0]?.startsWith('--') === true)
  process.exitCode = (await compareWithFloors(wanted)) ? 0 : 1;
else process.exitCode = (await runNamed(wanted)) ? 0 : 1;

async function runNamed(names: readonly string[]): Promise<boolean> {
  let allMet = true;
  for (const [name, measure] of Object.entries(benchmarks)) {
    if (!names.includes('all') && !names.includes(name)) continue;
    for (const figure of await measure()) allMet = printFigure(figure) && allMet;
  }
  return allMet;
}
