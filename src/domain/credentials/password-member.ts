import { z } from 'zod';
import type { Config } from '../../configuration/config.ts';
import type { Realm } from '../realms/realms.ts';
import { newPassword } from './password-policy.ts';
import { hasPasswords } from './password-sign-in.ts';

/** The password with which an account begins; null, and refused, where users have none. */
export function passwordMember(config: Config, realm: Realm): z.ZodType<string | null> {
  if (hasPasswords(config, realm)) return newPassword(config, realm);
  return z
    .null('must be left out: users have no passwords here')
    .optional()
    .transform(() => null)
    .describe('Left out: users have no passwords here')
    .meta({ type: 'null', example: null });
}
