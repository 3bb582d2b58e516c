import { measureAuditChain } from './audit-chain.ts';
import { measureBackups } from './backups.ts';
import { measureConsole } from './console.ts';
import { measureDeepPaging } from './deep-paging.ts';
import { printFigure } from './figure.ts';
import { measureFromClone } from './from-clone.ts';
import { measureImports } from './imports.ts';
import { measureLimits } from './limits.ts';
import { measureLists } from './lists.ts';
import { measureLogins } from './logins.ts';
import { measureMails } from './mails.ts';
import { measureOverload } from './overload.ts';
import { measurePages } from './pages.ts';
import { measureReplicas } from './replicas.ts';
import { measureSearches } from './searches.ts';
import { measureStarts } from './starts.ts';
import { measureTraces } from './traces.ts';

/** `npm run bench`, or `npm run bench -- logins starts` for a selection. Needs an idle machine. */
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
  'audit-chain': measureAuditChain,
  backups: measureBackups,
  pages: measurePages,
  clone: measureFromClone,
};

const wanted = process.argv.slice(2);
let allMet = true;
for (const [name, measure] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const figure of await measure()) allMet = printFigure(figure) && allMet;
}
process.exitCode = allMet ? 0 : 1;
