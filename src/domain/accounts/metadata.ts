import { z } from 'zod';
import type { Config } from '../../configuration/config.ts';
import { maxBytes, maxKeyLength, maxLevels, maxMembers, metadataFault } from './metadata-bounds.ts';

/** What an application keeps with a user: a JSON object within bounds. */
export type Metadata = Readonly<Record<string, unknown>>;

const bounds =
  `A JSON object of at most ${maxBytes} bytes, ${maxLevels} levels and ${maxMembers} members and elements in all; ` +
  `keys have 1 to ${maxKeyLength} characters`;
const ownExample = { example: { theme: 'dark' } };
const appExample = { example: { plan: 'pro' } };

const metadata = z
  .unknown()
  .superRefine((value, context) => {
    const message = metadataFault(value);
    if (message !== null)
      context.addIssue({ code: 'custom', message, params: { type: 'invalid_metadata' } });
  })
  .transform((value) => value as Metadata)
  .meta({ type: 'object', additionalProperties: true, maxProperties: maxMembers });

type MetadataSchema = z.ZodType<Metadata>;

/** Null and absent mean none. */
function initial(schema: MetadataSchema) {
  return schema
    .nullish()
    .transform((value) => value ?? {})
    .describe(bounds);
}

function changed(schema: MetadataSchema) {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .describe(`${bounds}. Replaces the stored object; \`{}\` clears it; null leaves it unchanged`);
}

export const newMetadata = initial(metadata).meta(ownExample);

export const changedMetadata = changed(metadata).meta(ownExample);

export function newAppMetadata(config: Config) {
  return initial(withSmallClaim(config)).meta(appExample);
}

export function changedAppMetadata(config: Config) {
  return changed(withSmallClaim(config)).meta(appExample);
}

function withSmallClaim({ accessTokenMetadata }: Config): MetadataSchema {
  return metadata.refine((value) => claimOf(accessTokenMetadata, value) !== null, {
    message: `must have at most ${maxClaimBytes} bytes in the members that access tokens carry`,
    params: { type: 'invalid_metadata' },
  });
}

// With it an access token stays below 2 KiB.
const maxClaimBytes = 1024;

/** The members of `app_metadata` that access tokens carry; null if they are too large for one. */
export function claimOf(names: readonly string[], appMetadata: Metadata): Metadata | null {
  const chosen = names.filter((name) => Object.hasOwn(appMetadata, name));
  const claim = Object.fromEntries(chosen.map((name) => [name, appMetadata[name]]));
  return Buffer.byteLength(JSON.stringify(claim)) > maxClaimBytes ? null : claim;
}

const shown = z.record(z.string().max(maxKeyLength), z.unknown());

export const shownMetadata = shown
  .describe('Written by the user and by admins')
  .meta({ ...ownExample, maxProperties: maxMembers });

export const shownAppMetadata = shown
  .describe('Written by admins only')
  .meta({ ...appExample, maxProperties: maxMembers });
