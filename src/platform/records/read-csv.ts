import { type CsvError, type Parser, parse } from 'csv-parse';
import { type FileRecord, longestRecord } from './record.ts';

type Failure = { error: CsvError | RowError | null };

class RowError extends Error {}

/**
 * The records, some at a time. The first row names the columns; an empty cell is an absent value.
 * Memory is bounded, whatever the file. Where nothing more can be read, the fault is the last
 * record: the first row is wrong, a row is too long, or a quote is never closed and swallows what
 * follows.
 */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  columns: readonly string[],
): AsyncGenerator<FileRecord[]> {
  const records: FileRecord[] = [];
  let names: string[] | null = null;
  const end = { line: 0, bytes: 0 };
  const parser = openParser((cells, { lines, bytes }) => {
    if (names === null) names = namesIn(cells, columns);
    else records.push(toRecord(names, cells, lines));
    Object.assign(end, { line: lines, bytes });
  });
  const failure = watch(parser);
  for await (const chunk of withinLines(chunks, end, failure)) {
    await write(parser, chunk);
    yield records.splice(0);
    if (failure.error !== null) break;
  }
  if (failure.error === null) await close(parser);
  else parser.destroy();
  // The end may be in a quote.
  if (failure.error !== null) records.push(lastFault(end.line + 1, failure.error));
  yield records;
}

type TakeRow = (cells: string[], end: { lines: number; bytes: number }) => void;

function openParser(take: TakeRow): Parser {
  return parse({
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: longestRecord,
    // Taken here: what the stream has buffered is lost when it fails.
    on_record: (cells: string[], end) => {
      take(cells, end);
      return null;
    },
  });
}

/**
 * A wrong name would be a fault of every row. Columns without a name are left from spreadsheets.
 */
function namesIn(cells: readonly string[], columns: readonly string[]): string[] {
  const names = cells.map((name) => name.trim().toLowerCase());
  for (const [at, name] of names.entries()) {
    if (name === '') continue;
    if (!columns.includes(name)) throw new RowError(`has an unknown column, number ${at + 1}`);
    if (names.indexOf(name) < at) throw new RowError(`has the column ${name} twice`);
  }
  return names;
}

function watch(parser: Parser): Failure {
  const failure: Failure = { error: null };
  parser.on('error', (error) => {
    failure.error = error as CsvError | RowError;
  });
  // Nothing comes, but the end would wait for a reader.
  parser.resume();
  return failure;
}

/**
 * For the parser, delimiters and quotes are no part of a record's size: rows of commas would fill
 * the memory.
 */
async function* withinLines(
  chunks: AsyncIterable<Buffer>,
  end: { bytes: number },
  failure: Failure,
): AsyncGenerator<Buffer> {
  let [bytes, lineEnd] = [0, 0];
  for await (const chunk of chunks) {
    yield chunk;
    const last = chunk.lastIndexOf(0x0a);
    if (last >= 0) lineEnd = bytes + last;
    bytes += chunk.length;
    if (bytes - Math.max(lineEnd, end.bytes) <= longestLine) continue;
    failure.error ??= new RowError('is too long');
    return;
  }
}

const longestLine = 2 * longestRecord;

/** Resolves when the chunk is parsed, or has failed. */
async function write(parser: Parser, chunk: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  parser.write(chunk, () => resolve());
  await promise;
}

async function close(parser: Parser): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  parser.once('close', resolve).end();
  await promise;
}

function toRecord(
  names: readonly string[],
  cells: readonly string[],
  lastLine: number,
): FileRecord {
  const at = { line: lastLine - lineBreaksIn(cells), lastLine };
  if (cells.length !== names.length) {
    return { ...at, fault: `has ${cells.length} cells, the first row ${names.length}` };
  }
  const value: Record<string, string> = {};
  names.forEach((name, index) => {
    const cell = cells[index] ?? '';
    if (cell !== '') value[name] = plain(cell);
  });
  return { ...at, value };
}

function lineBreaksIn(cells: readonly string[]): number {
  return cells.reduce(
    (sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0),
    0,
  );
}

/** Without the quote that `writeCsv` puts before what a spreadsheet would take for a formula. */
function plain(cell: string): string {
  return cell.startsWith("'") && /^'[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(cell)
    ? cell.slice(1)
    : cell;
}

function lastFault(line: number, error: CsvError | RowError): FileRecord {
  const fault =
    error instanceof RowError
      ? error.message
      : 'is no CSV: a quote is not closed, or the row is too long';
  return { line, lastLine: line, fault, isLast: true };
}
