export const maxBytes = 4096;
export const maxLevels = 5;
// Bounds the entries that one request writes into the search index.
export const maxMembers = 100;
export const maxKeyLength = 64;

/** What is wrong with a caller's metadata, or null. Stops at the bounds: nothing deep is walked. */
export function metadataFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be an object';
  const fault = valueFault(value, 1, { members: 0 });
  if (fault !== null) return fault;
  const isLong = Buffer.byteLength(JSON.stringify(value)) > maxBytes;
  return isLong ? `must have at most ${maxBytes} bytes of JSON` : null;
}

function valueFault(value: unknown, level: number, count: { members: number }): string | null {
  if (typeof value === 'string') return isPlain(value) ? null : 'has invalid characters';
  // JSON.parse reads 1e400 as Infinity, which JSON cannot express.
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : 'has a number that is too large';
  if (typeof value !== 'object' || value === null) return null;
  if (level > maxLevels) return `must have at most ${maxLevels} levels`;
  for (const [key, member] of Object.entries(value)) {
    count.members += 1;
    if (count.members > maxMembers) return `must have at most ${maxMembers} members`;
    const fault =
      (Array.isArray(value) ? null : keyFault(key)) ?? valueFault(member, level + 1, count);
    if (fault !== null) return fault;
  }
  return null;
}

function keyFault(key: string): string | null {
  if (key === '' || [...key].length > maxKeyLength)
    return `must have keys of 1 to ${maxKeyLength} characters`;
  if (pollutingKeys.has(key)) return 'must not have a key named __proto__ or prototype';
  return isPlain(key) ? null : 'has invalid characters in a key';
}

// Harmless here. An application that merges the object into one of its own may not be so careful.
const pollutingKeys: ReadonlySet<string> = new Set(['__proto__', 'prototype']);

function isPlain(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
