import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, type Stats } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The directory, and with it the socket, may be somebody else's: what is sent there is not safe.
 */
export class UnsafeSocketError extends Error {
  constructor(problem: string) {
    super(`the socket of the command line in DATA_DIR is not safe: ${problem}`);
    this.name = 'UnsafeSocketError';
  }
}

/** How the kernel is given the path of the socket. Keep it open as long as the path is used. */
export type SocketPath = { path: string; close(): void };

/** A directory of its own: `DATA_DIR` may have been made by others, for all to read. */
const directoryName = 'command-line';
const socketName = 'adl.sock';

// sun_path has 108 bytes on Linux, 104 on macOS, with the zero at the end.
const longestPath = 103;

/** For the server: makes the directory for its own user alone. */
export function prepareSocketDirectory(dataDir: string): string {
  const directory = join(resolve(dataDir), directoryName);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stats = lstatSync(directory);
  if (!stats.isDirectory()) throw new UnsafeSocketError('command-line is no directory');
  if (stats.uid !== ownUid()) throw new UnsafeSocketError('its directory belongs to another user');
  if ((stats.mode & 0o777) !== 0o700) chmodSync(directory, 0o700);
  return directory;
}

/**
 * For the client: null if there is no socket. Throws `UnsafeSocketError` where another user could
 * have made it: a false server would be told passwords. Root may use the socket of any user.
 */
export function findSocketDirectory(dataDir: string): string | null {
  const directory = join(resolve(dataDir), directoryName);
  const [stats, socket] = [statsOf(directory), statsOf(join(directory, socketName))];
  if (stats === null || socket === null) return null;
  if (!stats.isDirectory() || (stats.mode & 0o077) !== 0) {
    throw new UnsafeSocketError('its directory is open to others');
  }
  if (!socket.isSocket() || socket.uid !== stats.uid)
    throw new UnsafeSocketError('adl.sock is not its own');
  if (ownUid() !== 0 && stats.uid !== ownUid())
    throw new UnsafeSocketError('it belongs to another user');
  return directory;
}

/**
 * A path too long for the kernel leads through an open descriptor of the directory; null where that
 * is not possible.
 */
export function socketPathIn(directory: string): SocketPath | null {
  const path = join(directory, socketName);
  if (Buffer.byteLength(path) <= longestPath) return { path, close: () => {} };
  if (process.platform !== 'linux') return null;
  const descriptor = openSync(directory, 'r');
  return { path: `/proc/self/fd/${descriptor}/${socketName}`, close: () => closeSync(descriptor) };
}

function statsOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function ownUid(): number | undefined {
  return process.getuid?.();
}
