import { z } from 'zod';
import type { Config } from '../../configuration/config.ts';
import { text, timestamp, unchangedIfNull, uuid } from '../../platform/http/schemas.ts';
import type { Realm } from '../realms/realms.ts';
import { shownAppMetadata, shownMetadata } from './metadata.ts';

const username = z
  .string()
  .min(3, 'must have at least 3 characters')
  .max(50, 'must have at most 50 characters')
  .regex(/^[A-Za-z0-9_.-]*$/, 'may contain letters, digits, underscore, dot and hyphen only')
  .meta({ example: 'ada.lovelace' });

const usernameOrNone = z
  .string()
  .max(50, 'must have at most 50 characters')
  .regex(
    /^([A-Za-z0-9_.-]{3,50})?$/,
    'must have 3 to 50 letters, digits, underscores, dots or hyphens',
  )
  .nullish();

function mayBeNameless({ usernames }: Config, { kind }: Realm): boolean {
  return usernames === 'optional' && kind === 'user';
}

/** At registration. Where it is optional, null and "" mean none. */
export function newUsername(config: Config, realm: Realm) {
  if (!mayBeNameless(config, realm)) return username;
  return usernameOrNone.transform((value) => value || null).meta({ example: 'ada.lovelace' });
}

export function changedUsername(config: Config, realm: Realm) {
  if (!mayBeNameless(config, realm)) return unchangedIfNull(username);
  return usernameOrNone
    .transform((value) => (value === '' ? null : (value ?? undefined)))
    .describe('An empty string clears it; null leaves it unchanged')
    .meta({ example: 'ada.lovelace' });
}

/**
 * One plain address: no display name, list, comment or quoting. Blanks around it are trimmed first.
 */
export const email = z
  .string()
  .overwrite(withoutBlanksAround)
  .max(254, 'must have at most 254 characters')
  .check(z.email('is not a plain e-mail address'))
  .refine((value) => value.indexOf('@') <= 64, 'must have at most 64 characters before the @')
  .describe('A plain address with at most 64 characters before the @')
  .meta({ example: 'ada@example.com' });

// Line and paragraph separators break lines in mails and logs, as control characters do.
const name = text(200)
  .refine((value) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value), 'must not contain control characters')
  .describe('Without control characters')
  .meta({ pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$' })
  .nullish();
const fullNameExample = { example: 'Ada Lovelace' };

/** At registration: null and "" mean no name. */
export const fullName = name.transform((value) => value || null).meta(fullNameExample);

export const changedFullName = name
  .transform((value) => (value === '' ? null : (value ?? undefined)))
  .describe('An empty string clears it; null leaves it unchanged')
  .meta(fullNameExample);

/** As typed at sign-in. Blanks around an address are trimmed. */
export const identifier = text(
  254,
  z.string().overwrite((value) => (value.includes('@') ? withoutBlanksAround(value) : value)),
).min(1);

/** Spaces and tabs only: a line break is no typo. A regular expression would be quadratic. */
function withoutBlanksAround(value: string): string {
  const isBlank = (index: number): boolean => value[index] === ' ' || value[index] === '\t';
  let [start, end] = [0, value.length];
  while (isBlank(start)) start += 1;
  while (end > start && isBlank(end - 1)) end -= 1;
  return value.slice(start, end);
}

const legacyIdLength = 100;

/** Text, so that integers, UUIDs and ObjectIds are all found again as they were. */
export const legacyId = text(legacyIdLength)
  .min(1)
  .refine((value) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value), 'must not contain control characters');

const accountFields = {
  id: uuid,
  username: z.string().max(50).meta({ example: 'ada.lovelace' }),
  email: z.string().max(254).meta({ example: 'ada@example.com' }),
  full_name: z.string().max(200).nullable().meta({ example: 'Ada Lovelace' }),
  is_active: z.boolean(),
  legacy_id: z
    .string()
    .max(legacyIdLength)
    .nullable()
    .describe('The id in the system that the account was imported from')
    .meta({ example: '17' }),
};

const times = { created_at: timestamp, updated_at: timestamp };

const userFields = {
  ...accountFields,
  username: accountFields.username
    .nullable()
    .describe(
      'Null if the user has none: it is optional with `USERNAMES=optional`, and nobody who is invited or signs in without a password has chosen one yet',
    ),
  is_superuser: z.boolean(),
  is_email_verified: z.boolean(),
  is_invited: z.boolean().describe('By an admin, and has not accepted yet'),
  ...times,
};

/** In a list. The metadata of a page can be 800 KiB. */
export const listedUserSchema = z.object(userFields).meta({ id: 'ListedUser' });

export const userSchema = z
  .object({ ...userFields, metadata: shownMetadata, app_metadata: shownAppMetadata })
  .meta({ id: 'User' });

export const adminSchema = z
  .object({ ...accountFields, is_superadmin: z.boolean(), ...times })
  .meta({ id: 'Admin' });

/** The schema of an account in responses of the realm. */
export function accountSchemaOf({ kind }: Realm): typeof userSchema | typeof adminSchema {
  return kind === 'user' ? userSchema : adminSchema;
}
