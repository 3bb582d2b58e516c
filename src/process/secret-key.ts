import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../configuration/config.ts';
import { StartupError } from './startup-checks.ts';

const shortestKeyBytes = 32;

/** The configured key; outside production, one generated once and kept in `DATA_DIR`. */
export function loadSecretKey(config: Pick<Config, 'secretKey' | 'dataDir'>): string {
  if (config.secretKey !== undefined) return config.secretKey;
  const file = join(config.dataDir, 'development-secret');
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) makeKey(file);
  const key = readFileSync(file, 'utf8');
  // Keys derived from an empty secret would be known to everyone.
  if (Buffer.byteLength(key.trim()) < shortestKeyBytes) {
    const fix = 'Delete it and restart; everyone will have to sign in again';
    throw new StartupError('secret', 'development-secret in DATA_DIR is incomplete', fix);
  }
  return key;
}

/** Atomic, and only once: of two processes that start together, both read the same key. */
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
