import { breachDigest } from '../../domain/breached-passwords/breach-digest.ts';
import { invalid } from '../../platform/errors.ts';
import { eachLine, LineTooLongError } from '../../platform/records/each-line.ts';

export type ListOptions = {
  /** Of a list with counts: how often a password must have been seen. */
  minCount: number;
};

export type ListCounts = {
  lines: number;
  /** Too short for any account, or seen too rarely. */
  passedOver: number;
  members: number;
};

type Row = string | null;

/** Shorter passwords are refused for their length anyway. A character has at least one byte. */
const shortestAllowed = 8;
const digestLine = /^[0-9a-f]{40}(?::(\d{1,15}))?\s*$/i;
/** Of NTLM and others: taken for passwords, they would make a filter that finds nothing. */
const otherDigestLine = /^(?:[0-9a-f]{32}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96,})(?::\d+)?\s*$/i;

/** How files of gzip, zstd, zip and 7z begin. */
const compressed = ['1f8b', '28b52ffd', '504b0304', '377abcaf'];

/**
 * Calls `take` with the SHA-1 of each password of a list: one a line, or its SHA-1 with or without
 * a count, as the first line is. Throws `ValidationError` with the line that is neither.
 */
export async function readList(
  path: string,
  options: ListOptions,
  take: (digest: string) => void,
): Promise<ListCounts> {
  let readRow: ((line: Buffer, number: number) => Row) | null = null;
  const counts = { lines: 0, passedOver: 0, members: 0 };
  const takeLine = (whole: Buffer, number: number): void => {
    const line = number === 1 ? withoutMark(whole) : whole;
    if (line.length === 0) return;
    readRow ??= rowReaderFor(line, options);
    const digest = readRow(line, number);
    counts.lines += 1;
    counts[digest === null ? 'passedOver' : 'members'] += 1;
    if (digest !== null) take(digest);
  };
  try {
    await eachLine(path, takeLine);
  } catch (error) {
    if (error instanceof LineTooLongError) throw listFault(`${error.message} for a list`);
    throw error;
  }
  if (counts.lines === 0) throw listFault('has no line');
  return counts;
}

/** Editors of Windows begin a file with U+FEFF. */
function withoutMark(line: Buffer): Buffer {
  return line.subarray(0, 3).toString('hex') === 'efbbbf' ? line.subarray(3) : line;
}

function rowReaderFor(first: Buffer, options: ListOptions): (line: Buffer, number: number) => Row {
  const text = first.toString('latin1');
  const start = first.subarray(0, 4).toString('hex');
  // NUL: UTF-16, or compressed.
  if (first.includes(0) || compressed.some((magic) => start.startsWith(magic)))
    throw listFault('is no plain text: unpack it first, and convert it to UTF-8');
  if (otherDigestLine.test(text))
    throw listFault('has digests of another kind: take the list of SHA-1');
  if (digestLine.test(text)) return (line, number) => readDigest(line, number, options);
  if (options.minCount > 0)
    throw listFault('has no counts, which --min-count needs: they follow a SHA-1 and a colon');
  return readPassword;
}

function readDigest(line: Buffer, number: number, { minCount }: ListOptions): Row {
  const text = line.toString('latin1');
  const [, count] = digestLine.exec(text) ?? listFaultAt(number, 'is no SHA-1');
  if (minCount > 0 && count === undefined) return listFaultAt(number, 'has no count');
  return Number(count ?? 0) < minCount ? null : text.slice(0, 40).toLowerCase();
}

function readPassword(line: Buffer, number: number): Row {
  if (line.includes(0)) return listFaultAt(number, 'is no text');
  return line.length < shortestAllowed ? null : breachDigest(line);
}

/** Without the line itself, which may be somebody's password. */
function listFaultAt(number: number, problem: string): never {
  throw listFault(`line ${number} ${problem}`);
}

export function listFault(message: string) {
  return invalid({ field: '<file>', message, type: 'custom' });
}
