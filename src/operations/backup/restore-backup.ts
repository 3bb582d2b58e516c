import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { markDueForErasure } from '../../domain/accounts/deleted-accounts.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { backupFault } from './backup-fault.ts';
import { inBulkTransaction } from './bulk-transaction.ts';
import { loadBackup, requireOwnKeys } from './load-backup.ts';
import { type Epoch, raiseEpoch } from './raise-epoch.ts';
import type { BackupScript } from './read-script.ts';

type Deps = Pick<Dependencies, 'engine' | 'keys' | 'logger'>;

type Options = {
  acceptsOtherKeys: boolean;
  /** The accounts that were erased since the backup: nobody must see them again. */
  erasedIds: readonly string[];
};

export type Restored = Epoch & { rows: number; erased_again: number };

/** Fills the empty database, ends what was alive then, and commits all of it or nothing. */
export async function restoreBackup(
  deps: Deps,
  script: BackupScript,
  options: Options,
): Promise<Restored> {
  requireOwnKeys(deps, script.header, options);
  return inBulkTransaction(deps.engine, async (trx, connection) => {
    const { tables } = await loadBackup(connection, script);
    const epoch = await raiseEpoch(deps, trx);
    const erased = await markDueForErasure(trx, options.erasedIds);
    await connection.runScript('ANALYZE');
    return {
      ...epoch,
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      erased_again: erased,
    };
  });
}

const erasureLine = z.object({ event: z.literal('user_erased'), subject_id: z.uuid() });

/**
 * The ids in a file: one a line, or lines of the log or of an audit export, of which erasures
 * count.
 */
export async function readErasedIds(path: string): Promise<string[]> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw backupFault('The file of --erased cannot be read', error);
  });
  const lines = content.split('\n').map((line) => line.trim());
  return [...new Set(lines.flatMap((line, at) => (line === '' ? [] : idsIn(line, at + 1))))];
}

function idsIn(line: string, number: number): string[] {
  if (z.uuid().safeParse(line).success) return [line];
  if (!line.startsWith('{'))
    throw backupFault(`Line ${number} of --erased is neither an id nor a line of the log`);
  try {
    const { success, data } = erasureLine.safeParse(JSON.parse(line));
    return success ? [data.subject_id] : [];
  } catch (error) {
    throw backupFault(`Line ${number} of --erased is neither an id nor a line of the log`, error);
  }
}
