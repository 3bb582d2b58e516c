import { text } from 'node:stream/consumers';
import { listUnverified, markVerified } from '../../domain/backups/backup-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FileStore } from '../../platform/file-stores/file-store.ts';
import { prefixOf, receiptName, receiptSchema } from './backup-format.ts';

type Deps = Pick<Dependencies, 'db' | 'logger'>;

/**
 * Takes note of the backups that were verified, here or elsewhere: a verification leaves a receipt
 * beside the backup, with the secret that only a whole and decrypted backup tells. Gives how many
 * are new.
 */
export async function noteVerified(
  { db, logger }: Deps,
  store: FileStore,
  deployment: string,
): Promise<number> {
  const unverified = await listUnverified(db);
  const files = new Set((await store.list(prefixOf(deployment))).map(({ name }) => name));
  let noted = 0;
  for (const name of unverified) {
    if (!files.has(receiptName(name))) continue;
    const proof = await readProof(store, name);
    if (proof !== null && (await markVerified(db, name, proof))) noted += 1;
    else logger.warn({ backup: name }, 'backup: the receipt of a verification is not genuine');
  }
  return noted;
}

/** Null where the file is no receipt. */
async function readProof(store: FileStore, name: string): Promise<string | null> {
  const content = await text(await store.read(receiptName(name)));
  try {
    return receiptSchema.parse(JSON.parse(content)).proof;
  } catch {
    return null;
  }
}
