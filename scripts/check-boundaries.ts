/**
 * The rules of ARCHITECTURE.md that neither the compiler nor oxlint.config.ts knows.
 *
 *     node scripts/check-boundaries.ts           fails where a rule is broken
 *     node scripts/check-boundaries.ts --seal    adds new migrations to migrations/checksums.txt
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { circleGuard, nameGuard } from './boundaries/folder-guards.ts';
import { compatibilityGuard, migrationGuard, seal } from './boundaries/migration-guard.ts';
import { type TableRules, tableGuard } from './boundaries/table-guard.ts';
import { type Guard, readTree, type Tree } from './boundaries/tree.ts';

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
    sign_in_counts: 'src/domain/audit',
    totp_factors: 'src/domain/factors',
    recovery_codes: 'src/domain/factors',
    second_factor_challenges: 'src/domain/factors',
    imports: 'src/domain/imports',
    passkeys: 'src/domain/passkeys',
    passkey_challenges: 'src/domain/passkeys',
    identities: 'src/domain/identities',
    provider_attempts: 'src/domain/identities',
    provider_exchanges: 'src/domain/identities',
    spent_puzzles: 'src/domain/puzzles',
    idempotency_keys: 'src/domain/idempotency',
    signing_keys: 'src/domain/signing-keys',
    hmac_tokens: 'src/domain/signing-keys',
    deployment: 'src/domain/backups',
    backups: 'src/domain/backups',
  },
  jointReaders: {
    'src/domain/sessions/find-caller.ts':
      'session and account are good at the same moment, in the one query that every request makes',
    'src/domain/sessions/session-store.ts': 'the same where a refresh token is used',
  },
};

const guards: readonly Guard[] = [
  circleGuard,
  tableGuard(tables),
  nameGuard,
  migrationGuard,
  compatibilityGuard,
];

/** The broken rules of a tree, each with its reason and its faults; empty where all hold. */
export function checkBoundaries(tree: Tree): string[] {
  if (tree.files.length === 0) return ['There is no source in src: nothing was checked.'];
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
