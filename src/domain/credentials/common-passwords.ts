import leaked from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' };

// Shorter passwords are refused for their length anyway.
const shortestAllowed = 8;

const common: ReadonlySet<string> = new Set(
  leaked.filter((password) => password.length >= shortestAllowed),
);

/** True if the password is in the list of leaked passwords, in any case (ASVS V6.2.4). */
export function isCommonPassword(password: string): boolean {
  return common.has(password.toLowerCase());
}
