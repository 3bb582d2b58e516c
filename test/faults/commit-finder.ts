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

  function find(chunk: Buffer, statement = commitStatement): number | null {
    if (pending === null) return null;
    let start = -pending.length;
    let found: number | null = null;
    pending = Buffer.concat([pending, chunk]);
    for (let message = take(); message !== null; message = take()) {
      if (found === null && isOneOf(message, statement)) found = Math.max(0, start);
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

  return { find };
}

/** A simple query, or the statement of the extended protocol, whose name comes before its text. */
function isOneOf(message: Buffer, statement: RegExp): boolean {
  const type = String.fromCharCode(message[0] ?? 0);
  return (type === 'Q' || type === 'P') && statement.test(message.toString('latin1', 5));
}
