import { type FileRecord, longestRecord } from './record.ts';

/**
 * The records, some at a time: one JSON value a line, empty lines passed over. Memory is bounded,
 * whatever the file.
 */
export async function* readNdjson(chunks: AsyncIterable<Buffer>): AsyncGenerator<FileRecord[]> {
  let rest: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  let line = 0;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const records: FileRecord[] = [];
    let start = 0;
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, start)) {
      line += 1;
      const record = toRecord(rest.subarray(start, end), line, isTooLong);
      if (record !== null) records.push(record);
      isTooLong = false;
      start = end + 1;
    }
    yield records;
    rest = rest.subarray(start);
    isTooLong ||= rest.length > longestRecord;
    // What is too long is not kept, only counted as a line.
    if (isTooLong) rest = Buffer.alloc(0);
  }
  const last = toRecord(rest, line + 1, isTooLong);
  if (last !== null) yield [last];
}

function toRecord(bytes: Buffer, line: number, isTooLong: boolean): FileRecord | null {
  const at = { line, lastLine: line };
  if (isTooLong || bytes.length > longestRecord) return { ...at, fault: 'is too long' };
  const text = bytes.toString().trim();
  if (text === '') return null;
  try {
    return { ...at, value: JSON.parse(text) as unknown };
  } catch {
    return { ...at, fault: 'is no JSON' };
  }
}
