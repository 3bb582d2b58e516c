import type { z } from 'zod';
import type { ImportedAccount } from '../../domain/accounts/insert-accounts.ts';
import { fieldFaults } from '../../platform/http/request-validation.ts';
import type { FileRecord } from '../../platform/records/record.ts';
import type { ImportFault } from './import-options.ts';

export type Row = { line: number; lastLine: number; account: ImportedAccount };

const theRow = 'the row';

export function readRow(
  record: FileRecord,
  schema: z.ZodType<ImportedAccount>,
): Row | { faults: ImportFault[] } {
  const { line, lastLine } = record;
  if ('fault' in record) return { faults: [{ line, field: theRow, message: record.fault }] };
  const { data, error } = schema.safeParse(record.value, { reportInput: true });
  if (error !== undefined) {
    const faults = fieldFaults(error);
    const named = faults.map(({ field, message }) => ({
      line,
      field: field === 'body' ? theRow : field,
      message,
    }));
    return { faults: named };
  }
  // What was no UTF-8 arrives as this character.
  if (Object.values(record.value as object).some(isGarbled)) {
    return { faults: [{ line, field: theRow, message: 'is not in UTF-8' }] };
  }
  return { line, lastLine, account: data };
}

function isGarbled(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\u{fffd}');
}
