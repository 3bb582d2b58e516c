import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process has the directory open; sharing it would silently lose rows. */
export class DirectoryInUseError extends Error {
  constructor(holder: string) {
    super(`DATA_DIR is in use by ${holder}: stop it, or set another DATA_DIR`);
    this.name = 'DirectoryInUseError';
  }
}

// Without a reference the garbage collector would release the lock.
const held = new Set<DatabaseSync>();

/**
 * Locks the directory for this process until it ends or calls the returned function. It is an
 * exclusive SQLite lock on an empty file: the kernel releases it however the process dies, so it
 * never becomes stale.
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const holderFile = join(directory, 'process.id');
  const lock = new DatabaseSync(join(directory, 'process.lock'));
  try {
    lock.exec(
      'PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE',
    );
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== 5) throw error;
    throw new DirectoryInUseError(holderOf(holderFile));
  }
  held.add(lock);
  writeFileSync(holderFile, String(process.pid));
  return () => {
    if (held.delete(lock)) lock.close();
  };
}

function holderOf(holderFile: string): string {
  try {
    return `process ${readFileSync(holderFile, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
}
