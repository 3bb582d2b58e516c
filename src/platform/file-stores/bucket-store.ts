import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, openAsBlob } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { S3mini } from 's3mini';
import type { FileStore, StoredFile } from './file-store.ts';
import { spool } from './spool.ts';

export type Bucket = {
  /** `https://host/bucket`, or with a prefix behind it. */
  url: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Where a file waits until it has been sent. */
  spoolFolder: string;
};

/** A bucket of S3 or of a server that speaks its protocol. */
export function createBucketStore({ url, spoolFolder, ...access }: Bucket): FileStore {
  const { origin, pathname } = new URL(url);
  const [bucket = '', ...folders] = pathname.split('/').filter((part) => part !== '');
  const prefix = folders.map((folder) => `${folder}/`).join('');
  const s3 = new S3mini({ ...access, endpoint: `${origin}/${bucket}` });
  return {
    place: url,
    list: async (start) => {
      const objects = (await s3.listObjects('/', `${prefix}${start}`)) ?? [];
      const files = objects.map(({ Key, Size }): StoredFile => {
        return { name: Key.slice(prefix.length), bytes: Size };
      });
      return files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    },
    read: async (name) => {
      const answer = await s3.getObjectResponse(`${prefix}${name}`);
      const content = answer?.body as AsyncIterable<Uint8Array> | null | undefined;
      if (!content) throw Object.assign(new Error('there is no such object'), { code: 'ENOENT' });
      // A database takes it more slowly than a server likes to wait.
      return viaFile(spoolFolder, content, async (path) => {
        const stream = createReadStream(path);
        await once(stream, 'open');
        return stream as AsyncIterable<Buffer>;
      });
    },
    write: (name, content) =>
      viaFile(spoolFolder, content, async (path, bytes) => {
        // A large one is sent in parts, which become an object once all are there.
        await s3.putAnyObject(`${prefix}${name}`, await openAsBlob(path));
        return bytes;
      }),
    put: async (name, text) => void (await s3.putObject(`${prefix}${name}`, text)),
    remove: async (name) => void (await s3.deleteObject(`${prefix}${name}`)),
  };
}

/** The file has no name any more once `work` has opened it, so that nothing of it stays. */
async function viaFile<T>(
  folder: string,
  content: AsyncIterable<Uint8Array>,
  work: (path: string, bytes: number) => Promise<T>,
): Promise<T> {
  const path = join(folder, `.${randomUUID()}.partial`);
  const bytes = await spool(path, content);
  try {
    return await work(path, bytes);
  } finally {
    await rm(path, { force: true });
  }
}
