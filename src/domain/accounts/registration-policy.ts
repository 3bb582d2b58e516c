import type { Config } from '../../configuration/config.ts';
import { forbidden, invalid } from '../../platform/errors.ts';
import { foldCase } from '../../platform/fold-case.ts';

type Policy = Pick<Config, 'registration' | 'registrationEmailDomains'>;

/**
 * For every way in which people make an account for themselves, whoever vouches for the address.
 * Throws 403 `registration_closed`, or 422 for an address of another domain. Not for accounts that
 * an admin or the command line makes.
 */
export function requireMayRegister(config: Policy, email: string): void {
  if (config.registration === 'invited')
    throw forbidden('Accounts are made by invitation only', 'registration_closed');
  if (config.registration === 'closed')
    throw forbidden('Registration is closed', 'registration_closed');
  requireAllowedDomain(config, email);
}

/** Also for a new address of one's own: else a change would lead around the rule. */
export function requireAllowedDomain(config: Policy, email: string): void {
  if (isAllowedDomain(config, email)) return;
  throw invalid({
    field: 'email',
    message: 'must be an address of a domain that this service accepts',
    type: 'email_domain_not_allowed',
  });
}

/** Exactly one of them: a subdomain is another domain. */
function isAllowedDomain({ registrationEmailDomains: domains }: Policy, email: string): boolean {
  if (domains.length === 0) return true;
  return domains.includes(foldCase(email.slice(email.lastIndexOf('@') + 1)));
}
