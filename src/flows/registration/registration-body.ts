import { z } from 'zod';
import type { Config } from '../../configuration/config.ts';
import { email, fullName, newUsername } from '../../domain/accounts/account-schemas.ts';
import { newAppMetadata, newMetadata } from '../../domain/accounts/metadata.ts';
import { passwordMember } from '../../domain/credentials/password-member.ts';
import { contextFault, newPassword } from '../../domain/credentials/password-policy.ts';
import { adminRealm, type Realm, userRealm } from '../../domain/realms/realms.ts';

/** The body with which users register themselves. */
export function userBody(config: Config) {
  return withoutGuessable(
    config,
    z.object({
      ...names(config, userRealm),
      password: passwordMember(config, userRealm),
      metadata: newMetadata,
    }),
  );
}

export function adminBody(config: Config) {
  return withoutGuessable(
    config,
    z.object({
      ...names(config, adminRealm),
      password: newPassword(config, adminRealm),
      is_superadmin: z.boolean().nullish().meta({ example: false }),
    }),
  );
}

/** The body with which an admin creates a user. */
export function userOfAdminBody(config: Config) {
  return withoutGuessable(
    config,
    z.object({
      ...names(config, userRealm),
      password: passwordMember(config, userRealm)
        .nullish()
        .transform((value) => value ?? null)
        .describe('Null or absent: the user gets a link to set it, or to sign in')
        .meta({ example: 'correct horse battery staple' }),
      metadata: newMetadata,
      app_metadata: newAppMetadata(config),
    }),
  );
}

function names(config: Config, realm: Realm) {
  return { email, username: newUsername(config, realm), full_name: fullName };
}

const plainFields = z.object({
  email: z.string(),
  username: z.string().nullish(),
  password: z.string(),
});

/** Reports all faults at once, including those that depend on other fields. */
function withoutGuessable<T extends z.ZodObject>(config: Config, body: T): T {
  return body.superRefine(
    (value, context) => {
      const { username = null, password, ...others } = plainFields.parse(value);
      const fault = contextFault(password, 'password', {
        ...others,
        username,
        projectName: config.projectName,
      });
      if (!fault) return;
      context.addIssue({
        code: 'custom',
        path: ['password'],
        message: fault.message,
        params: { type: fault.type },
      });
    },
    // A fault of another field must not hide this one. Zod's `abort: true` would, so no field uses
    // it.
    { when: ({ value }) => plainFields.safeParse(value).success },
  );
}
