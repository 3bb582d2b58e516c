import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../configuration/config.ts';
import { type Check, type Found, failed, ok, warning } from './finding.ts';

const mebibyte = 2 ** 20;
const low = { bytes: 1024 * mebibyte, share: 0.1 };
const short = { bytes: 100 * mebibyte, share: 0.02 };

/** Room where the service writes. What PostgreSQL has left, only its own machine can tell. */
export function diskCheck({ databaseUrl, secretKey, dataDir }: Config): Check {
  const keepsFiles = databaseUrl === undefined || secretKey === undefined;
  const place = keepsFiles
    ? { name: 'DATA_DIR', path: dataDir }
    : { name: 'this directory', path: '.' };
  return { name: 'disk', run: () => freeOn(place) };
}

async function freeOn({ name, path }: { name: string; path: string }): Promise<Found> {
  const { bavail, blocks, bsize, ffree, files } = await statExisting(resolve(path));
  const [free, all] = [bavail * bsize, blocks * bsize];
  const shown = `${name}: ${Math.floor(free / mebibyte)} MiB free of ${Math.floor(all / mebibyte)}`;
  const advice = `Make room on the disk of ${resolve(path)}`;
  if (files > 0 && ffree / files < short.share)
    return failed(`${name}: hardly any inode is free`, advice);
  // A small disk that is nearly empty is not full, and a share of a large one is much.
  const isBelow = ({ bytes, share }: typeof low) => free < bytes && free < all * share;
  if (isBelow(short)) return failed(shown, advice);
  return isBelow(low) ? warning(shown, advice) : ok(shown);
}

/**
 * A directory that is not there yet will be made on the disk of the one above; one that this account
 * may not enter is on that disk, too.
 */
async function statExisting(path: string): Promise<StatsFs> {
  try {
    return await statfs(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'EACCES'].includes(code) || dirname(path) === path) throw error;
    return statExisting(dirname(path));
  }
}
