import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../configuration/config.ts';
import { StartupError } from './startup-checks.ts';

const shortestKeyBytes = 32;

/** The configured key; outside production one that is made once and kept in `DATA_DIR`, readable by its owner alone. */
export function loadSecretKey(config: Pick<Config, 'secretKey' | 'dataDir'>): string {
  if (config.secretKey !== undefined) return config.secretKey;
  const file = join(config.dataDir, 'development-secret');
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) makeKey(file);
  const key = readFileSync(file, 'utf8');
  // Keys derived from nothing are known to everybody.
  if (Buffer.byteLength(key.trim()) < shortestKeyBytes) {
    const mend = 'Delete it and start again; everybody then has to sign in again';
    throw new StartupError('secret', 'development-secret in DATA_DIR holds no whole key', mend);
  }
  return key;
}

/** Appears whole or not at all, and once: of two processes that start together, both read what one has made. */
function makeKey(file: string): void {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(unfinished, randomBytes(48).toString('base64'), { flag: 'wx', mode: 0o600 });
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
}
