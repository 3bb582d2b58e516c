import { z } from 'zod';
import type { Config } from '../../configuration/config.ts';
import { email, fullName, username } from '../../domain/accounts/account-schemas.ts';
import { contextFault, newPassword } from '../../domain/credentials/password-policy.ts';
import type { Realm } from '../../domain/realms/realms.ts';

const plainFields = z.object({ email: z.string(), username: z.string(), password: z.string() });

/** What registering takes in both realms. All faults come at once, those of the password's context included. */
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
    // Another field's fault must not hide this one; a fault with zod's `abort: true` would, so no field has one.
    { when: ({ value }) => plainFields.safeParse(value).success },
  );
}
