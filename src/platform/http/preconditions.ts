import { z } from 'zod';
import { preconditionFailed } from '../errors.ts';

/** For the routes whose operation calls `requireMatch`. */
export const ifMatchHeader = z.object({
  'if-match': z
    .string()
    .max(2000)
    .optional()
    .describe(
      'The `ETag` of the version to change: 412 if it has changed since. `*` is any version',
    ),
});

/** Throws 412 unless the header names the version (RFC 9110 § 13.1.1). Lock the row first. */
export function requireMatch(ifMatch: string | undefined, etag: string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  // The comparison is strong: a weak tag, W/"…", matches nothing.
  if (!tagsIn(ifMatch).includes(etag)) throw preconditionFailed();
}

// A tag may contain commas.
const tag = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/;
const listOfTags = new RegExp(`^[ \\t,]*${tag.source}(?:[ \\t]*,[ \\t,]*${tag.source})*[ \\t,]*$`);

/** Empty if the header is no list of tags. */
function tagsIn(header: string): string[] {
  return listOfTags.test(header) ? (header.match(new RegExp(tag, 'g')) ?? []) : [];
}
