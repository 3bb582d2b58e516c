import type { z } from 'zod';
import type { ImportedAccount } from '../../domain/accounts/insert-accounts.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { UnfinishedImport } from '../../domain/imports/import-store.ts';
import type { Realm } from '../../domain/realms/realms.ts';

export type ImportDependencies = Pick<Dependencies, 'db' | 'engine' | 'keys' | 'logger'>;

export type ImportFault = { line: number; field: string; message: string };

export type ImportCounts = { created: number; skipped: number; refused: number };

export type ImportOptions = {
  realm: Realm;
  row: z.ZodType<ImportedAccount>;
  /** Stop before the first row that is not taken, instead of naming it and going on. */
  stopsAtFault: boolean;
  /** Pass over accounts that exist, without a fault. */
  skipsExisting: boolean;
  /** Null in a trial, which writes nothing. */
  progress: UnfinishedImport | null;
  onFault: (fault: ImportFault) => Promise<void>;
  signal: AbortSignal;
};
