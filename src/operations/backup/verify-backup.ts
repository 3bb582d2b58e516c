import { randomUUIDv7 } from 'node:crypto';
import type { Assembly } from '../../access/route-dependencies.ts';
import { insertAccounts } from '../../domain/accounts/insert-accounts.ts';
import { verifyAuditChain } from '../../domain/audit/verify-audit-chain.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { prepareSigningKeys } from '../../domain/key-rotation/prepare-signing-keys.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { revokeSigningKeys } from '../../domain/signing-keys/signing-key-store.ts';
import { signIn } from '../../flows/sign-in/sign-in.ts';
import { transact } from '../../platform/database/database.ts';
import type { PasswordScheme } from '../../platform/hashing/password-schemes.ts';
import { backupFault } from './backup-fault.ts';
import { type BackupTrailer, receiptName } from './backup-format.ts';
import type { BackupPlace } from './backup-places.ts';
import { inBulkTransaction } from './bulk-transaction.ts';
import { loadBackup, requireOwnKeys } from './load-backup.ts';
import type { BackupScript } from './read-script.ts';

/** An empty database of its own, which is removed afterwards. */
type Scratch = Pick<Dependencies, 'engine' | 'db' | 'keys'> & {
  /** All that the service has, on that database. */
  readonly openService: () => Promise<Dependencies & Assembly>;
};

export type Verified = { tables: number; rows: number; audit_entries: number; canary: 'signed in' };

/**
 * Restores the backup into the scratch database, counts, verifies the audit chain and signs in;
 * then leaves the receipt beside the backup.
 */
export async function verifyBackup(
  scratch: Scratch,
  { store, name }: BackupPlace,
  script: BackupScript,
  options: { acceptsOtherKeys: boolean },
): Promise<Verified> {
  requireOwnKeys(scratch, script.header, options);
  const trailer = await inBulkTransaction(scratch.engine, async (trx, connection) => {
    const read = await loadBackup(connection, script);
    if (options.acceptsOtherKeys) await revokeSigningKeys(trx);
    await connection.runScript('ANALYZE');
    return read;
  });
  const chain = await verifyAuditChain(scratch);
  if (!chain.ok && !options.acceptsOtherKeys)
    throw backupFault(
      `The audit chain of the backup is broken: ${chain.findings[0]?.message}; see docs/audit-log.md`,
    );
  const service = await scratch.openService();
  await prepareSigningKeys(service);
  await signInCanary(service, trailer);
  await store.put(
    receiptName(name),
    `${JSON.stringify({ proof: trailer.proof, verified_at: new Date().toISOString() })}\n`,
  );
  const rows = trailer.tables.reduce((sum, table) => sum + table.rows, 0);
  return { tables: trailer.tables.length, rows, audit_entries: chain.entries, canary: 'signed in' };
}

/** The account exists in the scratch database only; its password came with the backup. */
async function signInCanary(
  service: Dependencies & Assembly,
  { canary: { username, email, password, ...stored } }: BackupTrailer,
): Promise<void> {
  const account = {
    id: randomUUIDv7(),
    username,
    email,
    full_name: null,
    is_active: true,
    is_email_verified: true,
    legacy_id: null,
    last_login_at: null,
    created_at: null,
    totp_secret: null,
    password: {
      scheme: stored.scheme as PasswordScheme,
      hash: stored.hash,
      key: stored.key === null ? null : Buffer.from(stored.key, 'hex'),
    },
  };
  await transact(service.db, (trx) => insertAccounts(trx, userRealm, [account]));
  const attempt = { identifier: username, password, ip: '127.0.0.1', userAgent: undefined };
  await signIn(service, userRealm, { ...attempt, signal: new AbortController().signal });
}
