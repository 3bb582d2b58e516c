import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { BloomFilter } from 'bloomfilter';
import { z } from 'zod';
import { equalSecrets } from '../crypto/secret-keys.ts';

/*
 * A file is a line of JSON, the bits, and the SHA-256 of all that comes before it.
 */
const headerSchema = z.strictObject({
  format: z.literal('adl-bloom-filter'),
  version: z.literal(1),
  /** What its members are digests of, and which. */
  of: z.string(),
  members: z.int().min(0),
  hashes: z.int().min(1).max(64),
  bytes: z
    .int()
    .min(4)
    .max(2 ** 29)
    .multipleOf(4),
});

export type StoredFilter = { readonly filter: BloomFilter; readonly members: number };

/** The file is none, of another kind, or damaged; the message goes on after its name. */
export class FilterFileError extends Error {
  constructor(problem: string, cause?: unknown) {
    super(problem, { cause });
    this.name = 'FilterFileError';
  }
}

const longestHeader = 1024;
const digestBytes = 32;
const chunkBytes = 8 * 1024 * 1024;

/** Under its name only once it is whole, and on the disk. Gives the number of bytes. */
export async function writeFilterFile(
  path: string,
  of: string,
  { filter, members }: StoredFilter,
): Promise<number> {
  const bits = bytesOf(filter);
  const about = { of, members, hashes: filter.k, bytes: bits.length };
  const line = Buffer.from(
    `${JSON.stringify({ format: 'adl-bloom-filter', version: 1, ...about })}\n`,
  );
  const digest = createHash('sha256').update(line).update(bits).digest();
  const unfinished = `${path}.${process.pid}.partial`;
  try {
    await writeParts(unfinished, [line, bits, digest]);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return line.length + bits.length + digest.length;
}

async function writeParts(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The bits as this machine has them, which is as all machines have them that Node runs on. */
function bytesOf({ buckets }: BloomFilter): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buckets.buffer);
}

/** Throws `FilterFileError` unless the file is whole and holds such digests. */
export async function readFilterFile(path: string, of: string): Promise<StoredFilter> {
  const handle = await open(path).catch((error: unknown) => {
    throw new FilterFileError('cannot be opened', error);
  });
  try {
    return await readFrom(handle, of);
  } catch (error) {
    if (error instanceof FilterFileError) throw error;
    throw new FilterFileError('cannot be read', error);
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: FileHandle, of: string): Promise<StoredFilter> {
  const { line, header } = await readHeader(handle);
  if (header.of !== of) throw new FilterFileError('is a filter of something else');
  const { size } = await handle.stat();
  // Before memory is taken for what a damaged header says.
  if (size !== line.length + header.bytes + digestBytes) throw cut();
  const filter = new BloomFilter(header.bytes * 8, header.hashes);
  const hash = createHash('sha256').update(line);
  await fill(handle, bytesOf(filter), line.length, hash);
  const digest = Buffer.alloc(digestBytes);
  await handle.read(digest, 0, digestBytes, line.length + header.bytes);
  if (!equalSecrets(hash.digest(), digest)) throw new FilterFileError('is damaged');
  return { filter, members: header.members };
}

async function readHeader(handle: FileHandle) {
  const start = Buffer.alloc(longestHeader);
  const { bytesRead } = await handle.read(start, 0, longestHeader, 0);
  const end = start.subarray(0, bytesRead).indexOf('\n');
  const line = start.subarray(0, end + 1);
  const { success, data } = headerSchema.safeParse(parse(line));
  if (!success) throw new FilterFileError('is no filter of this version');
  return { line, header: data };
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return null;
  }
}

async function fill(handle: FileHandle, bits: Uint8Array, from: number, hash: Hash): Promise<void> {
  for (let at = 0; at < bits.length; ) {
    const wanted = Math.min(chunkBytes, bits.length - at);
    const { bytesRead } = await handle.read(bits, at, wanted, from + at);
    if (bytesRead === 0) throw cut();
    hash.update(bits.subarray(at, at + bytesRead));
    at += bytesRead;
  }
}

function cut(): FilterFileError {
  return new FilterFileError('is not whole: it has been cut or lengthened');
}
