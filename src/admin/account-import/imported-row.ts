import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import type { Config } from '../../configuration/config.ts';
import { email, fullName, legacyId, newUsername } from '../../domain/accounts/account-schemas.ts';
import type { ImportedAccount } from '../../domain/accounts/insert-accounts.ts';
import { newAppMetadata, newMetadata } from '../../domain/accounts/metadata.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import { type FirebaseProject, readForeignHash } from '../../platform/hashing/foreign-hashes.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import { instant } from '../../platform/http/schemas.ts';

const words = new Map(
  Object.entries({
    true: true,
    t: true,
    1: true,
    yes: true,
    false: false,
    f: false,
    0: false,
    no: false,
  }),
);

/** As in JSON, and as spreadsheets and databases write it. */
const yesNo = z.unknown().transform((value, context) => {
  const read = typeof value === 'string' ? words.get(value.toLowerCase()) : value;
  if (typeof read === 'boolean') return read;
  context.addIssue({ code: 'custom', message: 'must be true or false' });
  return z.NEVER;
});

/** RFC 3339, or PostgreSQL's spelling; without an offset it is UTC. */
const time = z
  .string()
  .max(50)
  .overwrite((value) => {
    const [date = '', clock = ''] = value.split(/[T ]/, 2);
    const zoned = /[Z+-]/.test(clock) ? clock.replace(/([+-]\d\d)$/, '$1:00') : `${clock}Z`;
    return `${date}T${zoned}`;
  })
  .pipe(instant)
  .nullish();

/** As apps show it; at least 128 bits (RFC 4226 § 4). */
const totpSecret = z
  .string()
  .max(300)
  .overwrite((value) => value.replaceAll(/[\s=-]/g, '').toUpperCase())
  .regex(/^([A-Z2-7]{26,})?$/, 'must be base32 of at least 128 bits')
  .nullish();

/** In CSV it is JSON in a cell. */
function orText<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (typeof value === 'string' ? parsedOr(value) : value), schema);
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The row of a file, by the rules of registration. A column of another name is a fault. */
export function importedRow(config: Config, realm: Realm, firebase: FirebaseProject | null) {
  const ofRealm =
    realm.kind === 'user'
      ? {
          is_superuser: yesNo.default(false),
          is_email_verified: yesNo.default(false),
          metadata: orText(newMetadata),
          app_metadata: orText(newAppMetadata(config)),
        }
      : { is_superadmin: yesNo.default(false) };
  const schema = z
    .strictObject({
      email,
      username: newUsername(config, realm),
      full_name: fullName,
      is_active: yesNo.default(true),
      legacy_id: z.preprocess(
        (id) => (typeof id === 'number' ? String(id) : id),
        legacyId.nullish(),
      ),
      password_hash: z.string().max(2000).nullish(),
      password_salt: z.string().max(200).nullish(),
      totp_secret: totpSecret,
      created_at: time,
      last_login_at: time,
      ...ofRealm,
    })
    .transform(
      (
        { password_hash, password_salt, legacy_id, totp_secret, created_at, last_login_at, ...row },
        context,
      ) => {
        const password = passwordOf(realm, password_hash, password_salt, firebase);
        if (password !== null && 'fault' in password) {
          context.addIssue({ code: 'custom', path: ['password_hash'], message: password.fault });
          return z.NEVER;
        }
        return {
          ...row,
          id: randomUUIDv7(),
          legacy_id: legacy_id ?? null,
          created_at: created_at ?? null,
          last_login_at: last_login_at ?? null,
          totp_secret: totp_secret || null,
          password,
          // The members of the realm are spread from either of two schemas.
        } as ImportedAccount;
      },
    );
  // Twice as fast, for a million rows.
  return z.compile(schema);
}

/** Null: the user sets one with a link of "forgot password". Django marks that with `!`. */
function passwordOf(
  realm: Realm,
  hash: string | null | undefined,
  salt: string | null | undefined,
  firebase: FirebaseProject | null,
): StoredPassword | { fault: string } | null {
  const none = hash === null || hash === undefined || hash === '' || hash.startsWith('!');
  if (none)
    return realm.kind === 'user' ? null : { fault: 'is required: an admin cannot set one by mail' };
  return readForeignHash({ hash, salt: salt ?? undefined }, firebase);
}
