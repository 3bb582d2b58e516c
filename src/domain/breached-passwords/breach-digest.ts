import { hash } from 'node:crypto';

/** What a filter of breached passwords says that it holds. */
export const breachedPasswordsFilter = 'breached passwords, SHA-1 in hex';

/**
 * In hex, in lower case. SHA-1, because that is what the lists of breached passwords are made of; it
 * protects nothing.
 */
export function breachDigest(password: string | Buffer): string {
  return hash('sha1', password);
}
