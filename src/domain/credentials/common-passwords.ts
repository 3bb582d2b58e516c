import leaked from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' };

// Shorter ones are refused for their length already.
const shortestAllowed = 8;

const common: ReadonlySet<string> = new Set(leaked.filter((password) => password.length >= shortestAllowed));

/** True where the password, without regard to case, stands in the list of leaked favourites (ASVS V6.2.4). */
export function isCommonPassword(password: string): boolean {
  return common.has(password.toLowerCase());
}
