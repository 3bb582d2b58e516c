import { PGlite } from '@electric-sql/pglite';
import { dataDir as emptyCluster } from '@electric-sql/pglite-prepopulatedfs';
import { embeddedOptions } from '../embedded-engine.ts';

/** An empty database in memory. */
export async function openScratch(): Promise<PGlite> {
  return PGlite.create(embeddedOptions({ loadDataDir: await emptyCluster() }));
}
