import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/**
 * Writes all of it to a new file for its owner alone, down to the disk; leaves none if that fails.
 */
export async function spool(path: string, content: AsyncIterable<Uint8Array>): Promise<number> {
  try {
    await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }));
    return (await stat(path)).size;
  } catch (error) {
    // The file of another process stays.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, { force: true });
    throw error;
  }
}
