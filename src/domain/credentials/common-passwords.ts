import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const listFile = '@zxcvbn-ts/language-common/src/passwords.json';

// Shorter passwords are refused for their length anyway.
const shortestAllowed = 8;

/** Read at the first use: a process that sets no password does without. */
let common: ReadonlySet<string> | undefined;

/** True if the password is in the list of leaked passwords, in any case (ASVS V6.2.4). */
export function isCommonPassword(password: string): boolean {
  common ??= readList();
  return common.has(password.toLowerCase());
}

function readList(): ReadonlySet<string> {
  const text = readFileSync(fileURLToPath(import.meta.resolve(listFile)), 'utf8');
  const leaked = JSON.parse(text) as string[];
  return new Set(leaked.filter((password) => password.length >= shortestAllowed));
}
