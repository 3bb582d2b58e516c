/** A file of a store. */
export type StoredFile = { name: string; bytes: number };

/**
 * A place for files of any size: a folder or a bucket. Names are plain: no folder, nothing hidden.
 */
export type FileStore = {
  /** How people find it: the path or the address. */
  readonly place: string;
  /** Those whose names begin so, in the order of their names. */
  list(prefix: string): Promise<StoredFile[]>;
  /** Throws an error with the code ENOENT if there is none. */
  read(name: string): Promise<AsyncIterable<Buffer>>;
  /**
   * Stores all that the function gives, under a name that is not taken, or nothing at all; gives
   * the size. The source is read without waiting for a network.
   */
  write(name: string, content: AsyncIterable<Uint8Array>): Promise<number>;
  /** Replaces a small file. */
  put(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
};
