import { secretNames } from './config-schema.ts';
import type { Environment } from './cross-faults.ts';

/** A variable as a superadmin may see it. */
export type ShownVariable = {
  name: string;
  isSet: boolean;
  isSecret: boolean;
  /** Null where it is not set or a secret. */
  value: string | null;
};

const mostCharacters = 500;

/** What the configuration was made of: of a secret only that it is set. */
export function showVariables(names: readonly string[], given: Environment): ShownVariable[] {
  return names.map((name) => {
    const value = given[name];
    const isSecret = isSecretName(name);
    const shown = isSecret || value === undefined ? null : withoutCredentials(value);
    return {
      name,
      isSet: value !== undefined,
      isSecret,
      value: shown?.slice(0, mostCharacters) ?? null,
    };
  });
}

/** By its name too: a variable that comes later is a secret before somebody lists it. */
function isSecretName(name: string): boolean {
  const isListed = (secretNames as readonly string[]).includes(name);
  return (
    isListed || /_(PASSWORD|SECRET|TOKEN|KEY|KEY_ID|KEY_PREVIOUS|USER|CREDENTIALS)$/.test(name)
  );
}

/** An address may carry a password before its host, and a token behind it. */
function withoutCredentials(value: string): string {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(value) || !URL.canParse(value)) return value;
  const url = new URL(value);
  const { username, password, search, hash } = url;
  if (username + password + search + hash === '') return value;
  Object.assign(url, { username: '', password: '', search: '', hash: '' });
  return url.href;
}
