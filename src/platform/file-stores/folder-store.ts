import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FileStore, StoredFile } from './file-store.ts';
import { spool } from './spool.ts';

const abandonedMilliseconds = 24 * 3600 * 1000;

/** Files for their owner alone, in a folder that is made for its owner alone. */
export function createFolderStore(folder: string): FileStore {
  const path = (name: string) => join(folder, name);
  return {
    place: resolve(folder),
    list: (prefix) => listFolder(folder, prefix),
    read: async (name) => {
      const stream = createReadStream(path(name));
      await new Promise((opened, failed) => stream.once('open', opened).once('error', failed));
      return stream as AsyncIterable<Buffer>;
    },
    write: async (name, content) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeAbandoned(folder);
      const unfinished = path(`.${name}.partial`);
      const bytes = await spool(unfinished, content);
      try {
        // Unlike a rename it replaces nothing.
        await link(unfinished, path(name));
      } finally {
        await rm(unfinished, { force: true });
      }
      await syncFolder(folder);
      return bytes;
    },
    put: async (name, text) => {
      const unfinished = path(`.${name}.partial`);
      await writeFile(unfinished, text, { mode: 0o600, flush: true });
      await rename(unfinished, path(name));
    },
    remove: (name) => rm(path(name), { force: true }),
  };
}

async function listFolder(folder: string, prefix: string): Promise<StoredFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files: StoredFile[] = [];
  for (const name of names.filter((one) => one.startsWith(prefix)).toSorted()) {
    files.push({ name, bytes: (await stat(join(folder, name))).size });
  }
  return files;
}

/** What killed processes have left. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\..*\.partial$/.test(name)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs < Date.now() - abandonedMilliseconds) await rm(path, { force: true });
  }
}

/** After it the new name is there even if the machine loses its power. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
