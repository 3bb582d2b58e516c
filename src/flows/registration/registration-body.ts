import { z } from 'zod';
import type { Config } from '../../configuration/config.ts';
import { email, fullName, username } from '../../domain/accounts/account-schemas.ts';
import { contextFault, newPassword } from '../../domain/credentials/password-policy.ts';
import type { Realm } from '../../domain/realms/realms.ts';

const plainFields = z.object({ email: z.string(), username: z.string(), password: z.string() });

/**
 * The registration body of both realms. All faults are reported at once, including those that
 * depend on other fields.
 */
export function registrationBody(config: Config, realm: Realm) {
  return z.object({ email, username, password: newPassword(config, realm), full_name: fullName }).superRefine(
    (body, context) => {
      const fault = contextFault(body.password, 'password', { ...body, projectName: config.projectName });
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
