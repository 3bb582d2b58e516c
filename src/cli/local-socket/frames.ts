import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { CommandEvent, Outcome } from '../command/command.ts';

/** The first line that a client sends; what follows is the command's input, in chunks. */
export type Order = { version: string; command: string; parameters: unknown };

/** A line that the server sends; the last one has the outcome. */
export type Answer = CommandEvent | { outcome: Outcome };

/** An order holds names and a password, never a file. An answer holds one row. */
export const longestLine = 64 * 1024;

/** Writes one line; resolves when there is room for the next. Rejects if the other side is gone. */
export async function writeLine(socket: Socket, value: object, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!socket.writable) throw new Error('the other side is gone');
  if (!socket.write(`${JSON.stringify(value)}\n`)) await once(socket, 'drain', { signal });
}

/** Short enough for a line even if every character is escaped. */
const longestText = 8192;

/** Long text in pieces that are lines each; cuts no character in two. */
export function* piecesOf(event: CommandEvent): Generator<CommandEvent> {
  if (!('text' in event)) {
    yield event;
    return;
  }
  for (let start = 0; start < event.text.length; ) {
    const end = start + longestText;
    const isInside = event.text.charCodeAt(end - 1) >> 10 === 0xd800 >> 10;
    const text = event.text.slice(start, isInside ? end - 1 : end);
    yield { text };
    start += text.length;
  }
}

/** The lines of a stream; throws where one is longer than allowed. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      if (end > longestLine) throw new Error('a line is too long');
      yield rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
    }
    if (rest.length > longestLine) throw new Error('a line is too long');
  }
}

const longestChunk = 2 ** 20;
const lengthBytes = 4;

/**
 * Each chunk behind its length, and a length of zero at the end: a client that is killed ends
 * nothing.
 */
export async function* toChunks(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const bytes of input) {
    for (let start = 0; start < bytes.length; start += longestChunk) {
      const chunk = bytes.subarray(start, start + longestChunk);
      yield Buffer.concat([lengthOf(chunk.length), chunk]);
    }
  }
  yield lengthOf(0);
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUInt32BE(length);
  return bytes;
}

/**
 * Throws if the connection ends before the input does, or a chunk is longer than any that is sent.
 */
export async function* fromChunks(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of stream) {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= lengthBytes) {
      const length = rest.readUInt32BE();
      if (length === 0) return;
      if (length > longestChunk) throw new Error('a chunk is too long');
      if (rest.length < lengthBytes + length) break;
      yield rest.subarray(lengthBytes, lengthBytes + length);
      rest = rest.subarray(lengthBytes + length);
    }
  }
  throw new Error('the input ended before its end');
}
