export type LineQueue = {
  bytes(): number;
  /** False if there is no room. */
  add(line: Buffer): boolean;
  /** The oldest whole lines that fit into `maxBytes`, at least one. */
  head(atMostBytes: number): Buffer;
  /** Removes written bytes. The rest of a partly written line stays first. */
  take(bytes: number): void;
};

/** Lines that wait to be written, bounded in bytes. */
export function createLineQueue(maxBytes: number): LineQueue {
  const lines: Buffer[] = [];
  let waitingBytes = 0;
  return {
    bytes: () => waitingBytes,
    add: (line) => {
      if (waitingBytes > 0 && waitingBytes + line.length > maxBytes) return false;
      waitingBytes += line.length;
      lines.push(line);
      return true;
    },
    head: (atMostBytes) => {
      let bytes = 0;
      const end = lines.findIndex((line, index) => {
        bytes += line.length;
        return index > 0 && bytes > atMostBytes;
      });
      return Buffer.concat(end === -1 ? lines : lines.slice(0, end));
    },
    take: (bytes) => {
      waitingBytes -= bytes;
      let left = bytes;
      for (let first = lines[0]; first !== undefined && left > 0; first = lines[0]) {
        if (first.length > left) lines[0] = first.subarray(left);
        else lines.shift();
        left -= first.length;
      }
    },
  };
}
