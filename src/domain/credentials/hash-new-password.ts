import { invalid } from '../../platform/errors.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import type { Dependencies } from '../dependencies.ts';

/** `field` is the member of the request that has the password. */
export type NewPassword = { password: string; field: string; ip: string; signal: AbortSignal };

/**
 * For every password that somebody chose: throws `ValidationError` if it is known from a breach.
 * Length, common words and names have been checked before, from the request alone.
 */
export async function hashNewPassword(
  { hasher, breachedPasswords }: Pick<Dependencies, 'hasher' | 'breachedPasswords'>,
  { password, field, ip, signal }: NewPassword,
): Promise<StoredPassword> {
  if (await breachedPasswords.has(password, signal))
    throw invalid({ field, message: breachedMessage, type: 'password_breached' });
  return hasher.hash(password, ip, signal);
}

const breachedMessage =
  'has appeared in a data breach, so attackers try it: choose another here, and change it wherever else you use it';
