import { BloomFilter } from 'bloomfilter';
import { breachedPasswordsFilter } from '../../domain/breached-passwords/breach-digest.ts';
import { writeFilterFile } from '../../platform/bloom-filter/filter-file.ts';
import { type ListCounts, type ListOptions, listFault, readList } from './read-list.ts';

/** One in so many passwords is refused although no list has it. A password takes 29 bits. */
const falsePositiveRate = 1e-6;

export type BuiltFilter = ListCounts & { bytes: number };

/**
 * Reads the list twice, to count it first: the memory is that of the filter, however long the list
 * is. A list with a fault leaves the filter of before in its place.
 */
export async function buildFilter(
  list: string,
  output: string,
  options: ListOptions,
): Promise<BuiltFilter> {
  const counts = await readList(list, options, () => {});
  const filter = newFilter(counts.members);
  const again = await readList(list, options, (digest) => filter.add(digest));
  if (again.members !== counts.members) throw listFault('has changed while it was read');
  const { members } = counts;
  const bytes = await writeFilterFile(output, breachedPasswordsFilter, { filter, members });
  return { ...counts, bytes };
}

function newFilter(members: number): BloomFilter {
  try {
    return BloomFilter.withTargetError(Math.max(1, members), falsePositiveRate);
  } catch {
    throw listFault('has too many passwords for a filter: take the most common, with --min-count');
  }
}
