import { createReadStream } from 'node:fs';

/** A line that is longer than any of a list: the file is something else. */
export class LineTooLongError extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is too long`);
    this.name = 'LineTooLongError';
    this.line = line;
  }
}

const longestLine = 64 * 1024;
const lineFeed = 10;
const carriageReturn = 13;

/**
 * Calls `take` with the bytes of each line, without its end, as a view that is good only for that
 * call. Resolves to the number of lines. Holds one chunk of the file, however long that is.
 */
export async function eachLine(
  path: string,
  take: (line: Buffer, number: number) => void,
): Promise<number> {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 64 * 1024 })) {
    const block: Buffer =
      rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (
      let end = block.indexOf(lineFeed);
      end !== -1;
      start = end + 1, end = block.indexOf(lineFeed, start)
    ) {
      number += 1;
      if (end - start > longestLine) throw new LineTooLongError(number);
      take(withoutReturn(block.subarray(start, end)), number);
    }
    rest = block.subarray(start);
    if (rest.length > longestLine) throw new LineTooLongError(number + 1);
  }
  if (rest.length === 0) return number;
  take(withoutReturn(rest), number + 1);
  return number + 1;
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}
