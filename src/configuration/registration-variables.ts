import { z } from 'zod';
import { oneOf, parts, variable, yesNo } from './config-fields.ts';

const domainProblem = 'must be a comma-separated list of domains, e.g. example.com,example.org';

/** Who may have an account, and how people sign in. */
export const registrationVariables = {
  REGISTRATION: variable(
    oneOf(['open', 'invited', 'closed'], 'registration').prefault('open'),
    'Who may make an account: open for everybody, invited for those whom an admin has invited, closed for nobody. Admins can always create users.',
    'open',
  ),
  REGISTRATION_EMAIL_DOMAINS: variable(
    z
      .string()
      .prefault('')
      .transform((list) => parts(list).map((domain) => domain.toLowerCase()))
      .refine((domains) => domains.every(isDomain), domainProblem),
    'Comma-separated list of the domains whose addresses people may register with, or change theirs to. Use it with REQUIRE_VERIFIED_EMAIL.',
  ),
  EMAIL_SIGN_IN: variable(
    z
      .enum(['true', 'false'], 'must be true or false')
      .transform((value) => value === 'true')
      .optional(),
    'Whether users can sign in with a link or a code that is mailed to them.',
    'false; with PASSWORD_SIGN_IN=false: true',
  ),
  PASSWORD_SIGN_IN: yesNo(
    true,
    'Whether users have passwords. Without, they register with their address and a mailed link. Admins keep theirs.',
  ),
};

function isDomain(value: string): boolean {
  return /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/.test(value);
}
