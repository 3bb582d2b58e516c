import { z } from 'zod';
import { isLoopbackHost } from '../platform/http/client-address.ts';
import { oneOf, publicAddress, variable } from './config-fields.ts';

/** Against passwords that are known, and requests that are made by the thousand. */
export const abuseVariables = {
  BREACHED_PASSWORDS_FILE: variable(
    z
      .string()
      .regex(/^[^\p{Cc}]+$/u, 'must be a path')
      .optional(),
    'Path of a filter of breached passwords, which nobody may set; adl passwords build-filter makes one from a list.',
  ),
  BREACHED_PASSWORDS_URL: variable(
    publicAddress('').refine(isPrivate, 'must be an https address'),
    'List of breached passwords that is asked about each new one, by the first five digits of its SHA-1, e.g. https://api.pwnedpasswords.com/range. If it does not answer within a second, the password passes.',
  ),
  ABUSE_CHALLENGE: variable(
    oneOf(['off', 'auto', 'always'], 'challenge').prefault('off'),
    'Whether clients prove some work before they sign up, ask for a reset link, or sign in after failures: off, auto (when there are many such requests) or always. Clients that do not know of it get a 428.',
    'off',
  ),
};

/** Nobody on the way may read or change what is asked; plain http for a list on this machine. */
function isPrivate(url: string | undefined): boolean {
  if (url === undefined) return true;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isLoopbackHost(hostname);
}
