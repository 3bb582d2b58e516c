/**
 * The rules of ARCHITECTURE.md that a compiler does not know, checked over the source text.
 *
 *     node scripts/check-boundaries.ts           fails where a rule is broken
 *     node scripts/check-boundaries.ts --seal    adds new migrations to migrations/checksums.txt
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentGuard } from './boundaries/environment-guard.ts';
import { defaultExportGuard, lengthGuard, nameGuard } from './boundaries/file-guards.ts';
import { cycleGuard, floorGuard, folderGuard } from './boundaries/import-guards.ts';
import { migrationGuard, seal } from './boundaries/migration-guard.ts';
import { type CallingFiles, outboundGuard } from './boundaries/outbound-guard.ts';
import { type TableRules, tableGuard } from './boundaries/table-guard.ts';
import { type Guard, productionFiles, readTree, type Tree } from './boundaries/tree.ts';

const tables: TableRules = {
  owners: {
    users: 'src/domain/accounts',
    admins: 'src/domain/accounts',
    user_counts: 'src/domain/accounts',
    registration_counts: 'src/domain/accounts',
    sessions: 'src/domain/sessions',
    links: 'src/domain/one-time-tokens',
    mails: 'src/domain/outbox',
    throttles: 'src/domain/throttles',
    audit_events: 'src/domain/audit',
    audit_chain: 'src/domain/audit',
    audit_marks: 'src/domain/audit',
    idempotency_keys: 'src/domain/idempotency',
    sign_in_counts: 'src/domain/audit',
  },
  jointReaders: {
    'src/domain/sessions/session-store.ts':
      'session and account are good at the same moment, in the one query that every request makes',
  },
};

const callingFiles: CallingFiles = {
  'src/platform/database/postgres-engine.ts': 'DATABASE_URL',
  'src/platform/database/primary-connections.ts': 'DATABASE_URL',
  'src/platform/rate-limit/redis-limiter.ts': 'REDIS_URL',
  'src/platform/smtp/smtp-transport.ts': 'SMTP_HOST',
  'src/platform/database/embedded-engine.ts': 'starts initialize-embedded.ts, which talks to nobody',
  'src/platform/http/close-listener.ts': 'its own port, when it stops',
  'src/process/startup-checks.ts': 'whether somebody listens at REDIS_URL and SMTP_HOST',
};

const guards: readonly Guard[] = [
  floorGuard,
  folderGuard,
  cycleGuard,
  environmentGuard,
  outboundGuard(callingFiles),
  tableGuard(tables),
  nameGuard,
  lengthGuard,
  defaultExportGuard,
  migrationGuard,
];

/** The broken rules of a tree, each with its reason and its faults; empty where all hold. */
export function checkBoundaries(tree: Tree): string[] {
  if (productionFiles(tree).length === 0) return ['There is no source in src: nothing was checked.'];
  return guards
    .map(({ rule, why, findFaults }) => ({ rule, why, faults: findFaults(tree) }))
    .filter(({ faults }) => faults.length > 0)
    .map(
      ({ rule, why, faults }) =>
        `Broken rule: ${rule}.\n${why}\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  if (process.argv.includes('--seal')) {
    writeFileSync(join(root, 'migrations/checksums.txt'), seal(readTree(root)));
  }
  const broken = checkBoundaries(readTree(root));
  if (broken.length > 0) {
    console.error(broken.join('\n\n'));
    process.exitCode = 1;
  }
}
