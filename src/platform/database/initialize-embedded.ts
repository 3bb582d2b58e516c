import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { dataDir as emptyCluster } from '@electric-sql/pglite-prepopulatedfs';

export const embeddedDirectory = 'postgres';

/** Unpacks an empty cluster, then renames it: a killed start leaves no half database. */
async function initializeEmbedded(dataDir: string): Promise<void> {
  const unfinished = join(dataDir, `${embeddedDirectory}.unfinished`);
  rmSync(unfinished, { recursive: true, force: true });
  // PGlite makes its files readable and writable by all users, so the directory must be closed.
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const pglite = await PGlite.create({ dataDir: unfinished, loadDataDir: await emptyCluster() });
  await pglite.close();
  renameSync(unfinished, join(dataDir, embeddedDirectory));
}

if (import.meta.main) {
  await initializeEmbedded(process.argv[2] ?? '');
  process.exit(0);
}
