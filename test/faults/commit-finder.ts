/**
 * Follows the unencrypted messages of a PostgreSQL client, whatever the chunks. Finds nothing in
 * any other protocol.
 */
export type CommitFinder = {
  /**
   * Takes the next chunk. Returns the offset of the first message that commits (0 if it began
   * earlier), else null. Outside a transaction a statement commits by itself: `statement` then says
   * which.
   */
  find: (chunk: Buffer, statement?: RegExp) => number | null;
};

// Codes in the first messages of a connection ("Message Formats"): 3.0 and 3.2, cancel, TLS and
// GSSAPI.
const protocolVersions = [196_608, 196_610];
const otherOpenings = [80_877_102, 80_877_103, 80_877_104];
// A whole word: `READ COMMITTED` and `synchronous_commit` commit nothing.
const commitStatement = /\bcommit\b/i;

export function createCommitFinder(): CommitFinder {
  let pending: Buffer | null = Buffer.alloc(0);
  let isOpened = false;
  /** What the connection has prepared, by name: a later use sends the name alone. */
  const prepared = new Map<string, string>();

  function find(chunk: Buffer, statement = commitStatement): number | null {
    if (pending === null) return null;
    let start = -pending.length;
    let found: number | null = null;
    pending = Buffer.concat([pending, chunk]);
    for (let message = take(); message !== null; message = take()) {
      const text = textOf(message);
      if (found === null && text !== null && statement.test(text)) found = Math.max(0, start);
      start += message.length;
    }
    return found;
  }

  /** The next whole message, or null; stops for good if this is not PostgreSQL's protocol. */
  function take(): Buffer | null {
    if (pending === null || pending.length < 8 - Number(isOpened) * 3) return null;
    const opening = isOpened ? null : pending.readUInt32BE(4);
    const length = isOpened ? 1 + pending.readUInt32BE(1) : pending.readUInt32BE(0);
    if (opening !== null && ![...protocolVersions, ...otherOpenings].includes(opening))
      pending = null;
    if (pending === null || pending.length < length) return null;
    if (opening !== null) isOpened = protocolVersions.includes(opening);
    const message = pending.subarray(0, length);
    pending = pending.subarray(length);
    return message;
  }

  /** Of a simple query, of one that is prepared, or of a use of that; null for other messages. */
  function textOf(message: Buffer): string | null {
    const type = String.fromCharCode(message[0] ?? 0);
    const [first = '', second = ''] = message.toString('latin1', 5).split('\0');
    if (type === 'Q') return first;
    if (type === 'P') prepared.set(first, second);
    if (type === 'P') return second;
    return type === 'B' ? (prepared.get(second) ?? null) : null;
  }

  return { find };
}
