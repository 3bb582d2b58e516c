import type { Config } from '../configuration/config.ts';
import { breachedPasswordsFilter } from '../domain/breached-passwords/breach-digest.ts';
import {
  type BreachedPasswords,
  createBreachedPasswords,
} from '../domain/breached-passwords/breached-passwords.ts';
import {
  FilterFileError,
  readFilterFile,
  type StoredFilter,
} from '../platform/bloom-filter/filter-file.ts';
import { createAskRange } from '../platform/digest-ranges/ask-range.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { StartupError } from './startup-checks.ts';

/** A filter that cannot be read ends the start: it would be missed by nobody. */
export async function openBreachedPasswords(
  { breachedPasswords: { file, url } }: Pick<Config, 'breachedPasswords'>,
  logger: Logger,
): Promise<BreachedPasswords> {
  const stored = file === undefined ? null : await loadFilter(file);
  if (stored !== null)
    logger.info(`breached passwords: ok (${stored.members.toLocaleString('en')} in the filter)`);
  const askRange = url === undefined ? null : createAskRange(url);
  return createBreachedPasswords({ filter: stored?.filter ?? null, askRange }, logger);
}

async function loadFilter(file: string): Promise<StoredFilter> {
  try {
    return await readFilterFile(file, breachedPasswordsFilter);
  } catch (error) {
    if (!(error instanceof FilterFileError)) throw error;
    const problem = `the file in BREACHED_PASSWORDS_FILE ${error.message}`;
    const fix = 'Correct the path or its rights, or make it anew: adl passwords build-filter';
    throw new StartupError('breached passwords', problem, fix, error);
  }
}
