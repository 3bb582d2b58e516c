import type { Config } from '../../configuration/config.ts';
import { breachedPasswordsFilter } from '../../domain/breached-passwords/breach-digest.ts';
import { FilterFileError, readFilterFile } from '../../platform/bloom-filter/filter-file.ts';
import { createAskRange } from '../../platform/digest-ranges/ask-range.ts';
import {
  type Check,
  describeProblem,
  type Found,
  failed,
  ok,
  skipped,
  warning,
} from './finding.ts';

/** The filter that the next start will read, and the list that is asked about new passwords. */
export function breachedPasswordsCheck({
  breachedPasswords: { file, url },
}: Pick<Config, 'breachedPasswords'>): Check {
  return {
    name: 'breached passwords',
    run: async (signal) => {
      if (file === undefined && url === undefined)
        return skipped('neither BREACHED_PASSWORDS_FILE nor BREACHED_PASSWORDS_URL is set');
      const found: Found[] = [];
      if (file !== undefined) found.push(await readFilter(file));
      if (url !== undefined) found.push(await askList(url, signal));
      return found;
    },
  };
}

async function readFilter(file: string): Promise<Found> {
  try {
    const { members } = await readFilterFile(file, breachedPasswordsFilter);
    return ok(`${members.toLocaleString('en')} passwords in the filter`);
  } catch (error) {
    if (!(error instanceof FilterFileError)) throw error;
    const advice = 'Correct the path or its rights, or make it anew: adl passwords build-filter';
    return failed(`the file in BREACHED_PASSWORDS_FILE ${error.message}`, advice);
  }
}

/** About a digest that is no password's. */
const anyDigest = '0'.repeat(40);

async function askList(url: string, signal: AbortSignal): Promise<Found> {
  try {
    await createAskRange(url)(anyDigest, signal);
    return ok('BREACHED_PASSWORDS_URL answers');
  } catch (error) {
    return warning(
      `BREACHED_PASSWORDS_URL gives no answer (${describeProblem(error)})`,
      'Passwords pass unchecked by it: look whether it is reachable from here',
    );
  }
}
