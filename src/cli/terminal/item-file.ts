import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';
import { write } from './present.ts';

/** Where a command's items go, one a line. */
export type ItemFile = {
  readonly isStandardOutput: boolean;
  readonly add: (item: object) => Promise<void>;
  readonly addText: (text: string) => Promise<void>;
  close(): Promise<void>;
};

export class FormatError extends Error {}

/** For the owner alone: it is full of personal data. `columns` are those of CSV. */
export async function openItemFile(
  path: string,
  format: string | undefined,
  columns: readonly string[],
): Promise<ItemFile> {
  const chosen = format ?? (/\.csv$/i.test(path) ? 'csv' : 'ndjson');
  if (chosen !== 'csv' && chosen !== 'ndjson')
    throw new FormatError('--format must be csv or ndjson');
  const isStandardOutput = path === '-';
  const out: Writable = isStandardOutput
    ? process.stdout
    : createWriteStream(path, { mode: 0o600 });
  if (chosen === 'csv') await write(out, toCsv(columns));
  return {
    isStandardOutput,
    add: (item) =>
      write(out, chosen === 'csv' ? toCsv(cellsOf(item, columns)) : `${JSON.stringify(item)}\n`),
    addText: (text) => write(out, text),
    close: async () => {
      if (isStandardOutput) return;
      out.end();
      await finished(out);
    },
  };
}

function cellsOf(item: object, columns: readonly string[]): unknown[] {
  const values = new Map<string, unknown>(Object.entries(item));
  return columns.map((name) => values.get(name) ?? '');
}

/** One row. What a spreadsheet would run as a formula gets a quote before it (ASVS V1.2.10). */
function toCsv(cells: readonly unknown[]): string {
  return stringify([cells], { escape_formulas: true, cast: { boolean: String } });
}
