import { type CsvError, type Parser, parse } from 'csv-parse';
import { type FileRecord, longestRecord } from './record.ts';

/**
 * The first row names the columns. An empty cell is an absent value. Memory is bounded, whatever the
 * file. A quote that is never closed swallows what follows: the fault is then the last record.
 */
export async function* readCsv(chunks: AsyncIterable<Buffer>): AsyncGenerator<FileRecord> {
  const ready: FileRecord[] = [];
  let names: string[] | null = null;
  let lastLine = 0;
  const parser = parse({
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: longestRecord,
    // Taken here: what the stream has buffered is lost when it fails.
    on_record: (cells: string[], { lines }) => {
      lastLine = lines;
      if (names === null) names = cells.map((name) => name.trim().toLowerCase());
      else ready.push(toRecord(names, cells, lines));
      return null;
    },
  });
  const failure = watch(parser);
  for await (const chunk of chunks) {
    await write(parser, chunk);
    yield* ready.splice(0);
    if (failure.error !== null) break;
  }
  await end(parser);
  yield* ready;
  if (failure.error === null) return;
  const line = lastLine + 1;
  yield {
    line,
    lastLine: line,
    fault: 'is no CSV: a quote is not closed, or the row is too long',
    isLast: true,
  };
}

function watch(parser: Parser): { error: CsvError | null } {
  const failure: { error: CsvError | null } = { error: null };
  parser.on('error', (error) => {
    failure.error = error as CsvError;
  });
  // Nothing comes, but the end would wait for a reader.
  parser.resume();
  return failure;
}

/** Resolves when the chunk is parsed, or has failed. */
async function write(parser: Parser, chunk: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  parser.write(chunk, () => resolve());
  await promise;
}

async function end(parser: Parser): Promise<void> {
  if (parser.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  parser.once('close', resolve).end();
  await promise;
}

function toRecord(names: readonly string[], cells: readonly string[], lastLine: number): FileRecord {
  const at = { line: lastLine - lineBreaksIn(cells), lastLine };
  if (cells.length !== names.length) {
    return { ...at, fault: `has ${cells.length} cells, the first row ${names.length}` };
  }
  const named = names.map((name, index) => [name, plain(cells[index] ?? '')] as const);
  return { ...at, value: Object.fromEntries(named.filter(([, cell]) => cell !== '')) };
}

function lineBreaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0);
}

/** Without the quote that `writeCsv` puts before what a spreadsheet would take for a formula. */
function plain(cell: string): string {
  return /^'[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(cell) ? cell.slice(1) : cell;
}
